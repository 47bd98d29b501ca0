import type { Line } from './lines.ts';
import type { TreeIntents } from './tree-intents.ts';
import type { TreeMenu } from './tree-menu.ts';
import type { TreePainter } from './tree-painter.ts';

/** Columns that can be sorted by. */
const COLUMNS = ['name', 'members', 'agents', 'minutes', 'created'] as const;

/** What clicks in the table do. */
export class TreePointer {
  readonly #painter: TreePainter;
  readonly #intents: TreeIntents;
  readonly #menu: TreeMenu;

  constructor(painter: TreePainter, intents: TreeIntents, menu: TreeMenu) {
    this.#painter = painter;
    this.#intents = intents;
    this.#menu = menu;
  }

  click(event: MouseEvent): void {
    const { target } = event;
    const column = target instanceof Element && target.closest('.column')?.parentElement;
    const sort = COLUMNS.find((key) => column && column.matches(`.${key}`));
    if (sort) this.#intents.sortBy(sort);
    const row = target instanceof Element ? target.closest('.row') : null;
    const line = row && this.#painter.slotOf(row)?.line;
    if (!(target instanceof Element) || !line) return;
    if (row.closest('.pins')) {
      this.#intents.goTo(line);
      return;
    }
    if (event.button === 0) this.#act(target, line, event);
    else if (event.button === 1 && target.closest('.switch button') && line.kind === 'account')
      this.#intents.switchTo(line, 'newTab');
  }

  #act(target: Element, line: Line, event: MouseEvent): void {
    const intents = this.#intents;
    const isOn = (selector: string): boolean => target.closest(selector) !== null;
    if (line.kind !== 'account') {
      if (isOn('button')) intents.more(line);
      return;
    }
    const place = event.metaKey || event.ctrlKey ? 'newTab' : 'here';
    if (isOn('.toggle')) intents.toggle(line);
    else if (isOn('input')) intents.select(line, event.shiftKey ? 'extend' : 'toggle');
    else if (isOn('.switch button')) intents.switchTo(line, place);
    else if (isOn('.actions button')) void this.#menu.open(line);
    else if (!isOn('.select, .editing')) this.#open(line, place, event);
  }

  /** The row opens; a real link opens by itself where the browser would rather do that. */
  #open(line: Line, place: 'here' | 'newTab', event: MouseEvent): void {
    if (line.kind !== 'account' || getSelectionText() !== '') return;
    const link = event.target instanceof Element && event.target.closest('a[href]') !== null;
    if (link && place === 'newTab') return;
    event.preventDefault();
    // On the row, not in the cell that was hit: the arrows go to the next row, and the first Esc closes what opened.
    if (place === 'here') this.#intents.goTo(line);
    this.#intents.open(line, place);
  }
}

const getSelectionText = (): string => document.getSelection()?.toString() ?? '';

import { emit } from '../events.ts';
import type { Line } from './lines.ts';
import type { TreeHost } from './tree-host.ts';
import type { TreeIntents } from './tree-intents.ts';
import type { TreeMenu } from './tree-menu.ts';
import type { TreePainter } from './tree-painter.ts';

/** Columns that are as wide as what is in them, or take what room is left, are not drawn. */
const FIXED = /^(select|name|switch|actions)$/;
/** Columns that can be sorted by. */
const COLUMNS = ['name', 'members', 'agents', 'minutes', 'created'] as const;

/** So near to the end of a column's head the pointer takes its edge, in CSS pixels. */
const EDGE_PX = 9;

/** What clicks in the table do, and what is drawn in its head. */
export class TreePointer {
  readonly #tree: TreeHost;
  readonly #painter: TreePainter;
  readonly #intents: TreeIntents;
  readonly #menu: TreeMenu;

  constructor(tree: TreeHost, painter: TreePainter, intents: TreeIntents, menu: TreeMenu) {
    this.#tree = tree;
    this.#painter = painter;
    this.#intents = intents;
    this.#menu = menu;
    painter.frame.scroller.addEventListener('pointerdown', (event) => this.#draw(event));
  }

  /** Draws a column wider or narrower by the edge of its head. The hosts of columns know how wide one can be (`sam-width`). */
  #draw({ target, clientX, pointerId, button }: PointerEvent): void {
    const cell = target instanceof Element && target.closest<HTMLElement>('.head .cell');
    const column = cell && cell.classList.item(1);
    if (!cell || !column || button !== 0) return;
    const sign = this.#tree.matches(':dir(rtl)') ? -1 : 1;
    const { left, right, width } = cell.getBoundingClientRect();
    if (sign * ((sign > 0 ? right : left) - clientX) > EDGE_PX || FIXED.test(column)) return;
    let drawn = width;
    const ended = new AbortController();
    const { signal } = ended;
    const move = (event: PointerEvent): void => {
      drawn = width + sign * (event.clientX - clientX);
      cell.style.flex = `0 0 ${drawn}px`;
    };
    // The rows follow once it is let go: a host writes each width into its address.
    const end = (): void => {
      ended.abort();
      cell.style.flex = '';
      if (drawn !== width) emit(this.#tree, 'sam-width', { column, width: drawn });
    };
    cell.setPointerCapture(pointerId);
    cell.addEventListener('pointermove', move, { signal });
    cell.addEventListener('lostpointercapture', end, { signal });
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

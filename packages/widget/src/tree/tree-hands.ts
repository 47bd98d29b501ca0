import { LatePart } from '../parts/late-part.ts';
import type { Line } from './lines.ts';
import { CELLS, type CellName } from './row-template.ts';
import type { SamTree } from './sam-tree.ts';
import { emit } from './tree-events.ts';
import type { TreePainter } from './tree-painter.ts';
import type { TreeWork } from './tree-work.ts';

/** Keys that may mean something to the table. Esc and those of the browser are left alone until it is known what they mean. */
const KEYS = /^(.|Arrow.+|Page.+|Home|End|Enter|F2|F10|ContextMenu)$/u;
const KEYS_WITH_MODIFIER = /^(a|s|Home|End|Enter)$/i;

const isCell = (name: string | undefined): name is CellName => CELLS.some((cell) => cell === name);

/** Whether a key or a click is nobody's but the table's. */
function isForTable(event: KeyboardEvent | MouseEvent, target: Element): boolean {
  const withModifier = event.ctrlKey || event.metaKey;
  if (event instanceof MouseEvent)
    return target.closest('.row') !== null && !(target.closest('a[href]') && (withModifier || event.button !== 0));
  if (event.altKey || target.closest('.editing')) return false;
  const presses = event.key === 'Enter' || event.key === ' ';
  if (presses && target.matches('button, input, a[href]')) return false;
  return (withModifier ? KEYS_WITH_MODIFIER : KEYS).test(event.key);
}

/**
 * Takes keys and clicks in the table to what they do. That is loaded when the pointer or the focus comes near; what is pressed
 * before it is there is pressed again then.
 */
export class TreeHands {
  readonly #tree: SamTree;
  readonly #painter: TreePainter;
  readonly #work: LatePart<TreeWork, typeof import('./tree-work.ts')>;

  constructor(tree: SamTree, painter: TreePainter) {
    this.#tree = tree;
    this.#painter = painter;
    this.#work = new LatePart(
      () => import('./tree-work.ts'),
      ({ TreeWork }) => new TreeWork(tree, painter),
    );
  }

  /** Loads what keys and clicks do. */
  prepare(): void {
    this.#work.prepare();
  }

  take(event: KeyboardEvent | MouseEvent): void {
    const { target } = event;
    const work = this.#work.part;
    if (work) work.take(event);
    else if (!event.defaultPrevented && target instanceof Element && isForTable(event, target)) {
      event.preventDefault();
      event.stopPropagation();
      this.#repeat(event, target);
    }
  }

  /** The focus arrived in a row or one of its cells. */
  focus(event: FocusEvent): void {
    this.prepare();
    const { target } = event;
    if (!(target instanceof HTMLElement) || target.closest('.editing')) return;
    const row = target.closest('.row');
    const slot = row && this.#painter.slotOf(row);
    if (!slot?.line) return;
    const cell = target === row ? undefined : target.closest<HTMLElement>('[data-cell]')?.dataset['cell'];
    this.#painter.follow(slot.line, isCell(cell) ? cell : null);
  }

  /** Does something once it is known how; says so when that can't be had. */
  async do(act: (work: TreeWork) => void | Promise<void>): Promise<void> {
    try {
      await this.#work.load();
    } catch {
      emit(this.#tree, 'sam-missing', {});
    }
    if (this.#work.part) await act(this.#work.part);
  }

  #repeat(event: KeyboardEvent | MouseEvent, target: Element): void {
    const again =
      event instanceof MouseEvent ? new MouseEvent(event.type, event) : new KeyboardEvent(event.type, event);
    const row = target.closest('.row');
    const lineNow = (): Line | null | undefined => row && this.#painter.slotOf(row)?.line;
    const line = lineNow();
    // A row that shows another account by then is not what was meant.
    void this.do(() => {
      if (lineNow() === line) target.dispatchEvent(again);
    });
  }
}

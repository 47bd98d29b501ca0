import type { Account, AccountLine, Line } from './lines.ts';
import { Overscan } from './overscan.ts';
import { paintMinutes, paintRow, type RowContext } from './paint-row.ts';
import { pulse } from './pulse.ts';
import { RowPool } from './row-pool.ts';
import { put, type Slot } from './row-slot.ts';
import { TreeFrame } from './tree-frame.ts';
import type { ChangeCause, TreeListener, TreeStore } from './tree-store.ts';
import type { TreeView } from './tree-view.ts';

/** Rows out of sight come when the first ones have been on screen for so long, in milliseconds, or with the first scroll. */
const OVERSCAN_AFTER_MS = 100;

/** What is painted: a store, and how it is to look. */
export type PaintedTable = Pick<RowContext, 'texts' | 'hrefOf' | 'features' | 'opened' | 'columns'> & {
  readonly store: TreeStore | null;
  readonly isConnected: boolean;
  /** Loads what else there is to a table. */
  prepare(): void;
};

/** What a table shows only once somebody is there. */
export type TableInUse = {
  /** The ancestors to pin for a scroll position. */
  readonly pinned: (visible: TreeView['visible'], firstRow: number, viewportRows: number) => readonly AccountLine[];
  readonly find: NonNullable<RowContext['find']>;
  readonly limit: RowContext['limit'];
  /** The line with the focus vanished. */
  sayVanished(line: AccountLine): void;
};

/** Paints a store into the elements of a table: structure when it changes, minutes once a frame, rows as they are scrolled to. */
export class TreePainter implements TreeListener {
  readonly #tree: PaintedTable;
  readonly frame: TreeFrame;
  readonly #rows: RowPool;
  /** Copies of ancestors' rows under the head, for the eye only. */
  readonly #pins: RowPool;
  readonly #ticked = new Set<Slot>();
  #request = 0;
  /** Why everything is to be painted; null when minutes at most are. */
  #stale: ChangeCause | null = 'asked';
  /** The view that was painted last. */
  #view: TreeView | null = null;
  /** The cell that has the focus in the current row; null when the row itself has it. */
  cell: string | null = null;
  /** What else there is to a table once it is used, as soon as it is loaded. */
  inUse: TableInUse | null = null;
  readonly #overscan = new Overscan();

  /** @param root has the elements to paint into */
  constructor(tree: PaintedTable, root: ParentNode) {
    this.#tree = tree;
    this.frame = new TreeFrame(root, (what) => (what === 'rows' ? this.changed() : this.renew()));
    this.#rows = new RowPool(this.frame.window);
    this.#pins = new RowPool(this.frame.pins);
  }

  get current(): Line | null {
    return this.#tree.store?.view.visible.current ?? null;
  }

  /** Whether a row has the focus, or something in one. */
  get hasFocus(): boolean {
    return this.frame.window.matches(':focus-within');
  }

  /** All rows in the document. */
  get slots(): readonly Slot[] {
    return [...this.#rows.slots, ...this.#pins.slots];
  }

  disconnect(): void {
    this.frame.disconnect();
    cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  changed(cause: ChangeCause = 'asked'): void {
    if (cause === 'asked' || this.#stale === null) this.#stale = cause;
    this.#schedule();
  }

  ticked(account: Account): void {
    // Most ticks are of rows out of sight: they are painted with their minutes when they are scrolled to.
    for (const pool of [this.#rows, this.#pins])
      for (const slot of pool.slots) if (slot.account === account) this.#ticked.add(slot);
    if (this.#ticked.size > 0) this.#schedule();
  }

  /** Paints everything now. */
  renew(): void {
    this.#stale ??= 'asked';
    this.#paint();
  }

  /** Follows the scroll position. Reads nothing but that. */
  scroll(): void {
    const { store } = this.#tree;
    this.#overscan.wanted = true;
    if (store && this.#stale === null) this.#paintWindow(store, 'scrolled');
  }

  /** Focuses the current row or cell. */
  focusCurrent(): void {
    const slot = this.slotOfLine(this.current);
    const target = slot && this.cell !== null ? slot.focusable(this.cell) : slot?.el;
    target?.focus({ preventScroll: true });
  }

  /** The focus went somewhere by itself (pointer, assistive technology): the current line follows it. */
  follow(line: Line, cell: string | null): void {
    const visible = this.#tree.store?.view.visible;
    if (!visible || visible.indexOf(line) < 0) return;
    visible.current = line;
    this.cell = cell;
    for (const slot of this.#rows.slots) markStop(slot, line);
  }

  slotOf(row: Element | null): Slot | undefined {
    return this.slots.find(({ el }) => el === row);
  }

  slotOfLine(line: Line | null): Slot | undefined {
    return this.#rows.slots.find((slot) => slot.line === line);
  }

  #schedule(): void {
    if (this.#tree.isConnected) this.#request ||= requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    const { store, isConnected } = this.#tree;
    if (!store || !isConnected) return;
    if (this.#stale) this.#paintAll(store, this.#stale);
    else this.#paintTicks(store);
  }

  #paintAll(store: TreeStore, cause: ChangeCause): void {
    const { visible } = store.view;
    const { scroller, pad, rowHeight } = this.frame;
    this.#stale = null;
    this.#ticked.clear();
    visible.current ??= visible.at(0) ?? null;
    if (visible.vanished) {
      this.cell = null;
      this.inUse?.sayVanished(visible.vanished);
    }
    visible.vanished = null;
    scroller.setAttribute('aria-rowcount', String(visible.length + 1));
    pad.style.height = `${visible.length * rowHeight}px`;
    this.#keepPlace(store.view, cause);
    const { hasFocus } = this;
    this.#paintWindow(store, 'changed');
    // After a repaint the focus is where it was, or on the line that took the place of the one that vanished.
    if (hasFocus && !this.slotOfLine(visible.current)?.el.matches(':focus-within')) this.focusCurrent();
  }

  /** Each view has a scroll position of its own; rows that come or go above by themselves don't push the ones in sight (rules/screens 2: numbers move, rows don't). */
  #keepPlace(view: TreeView, cause: ChangeCause): void {
    const { scroller, rowHeight } = this.frame;
    const { top, first, index } = view.place;
    if (view !== this.#view) {
      this.cell = null;
      scroller.scrollTop = top;
      setTimeout(() => this.scroll(), OVERSCAN_AFTER_MS);
    } else if (cause === 'live') {
      const at = view.visible.indexOf(first);
      // Not even the very top gives way while pointer or focus is in the table.
      if (at >= 0 && index !== undefined && at !== index && (top > 0 || scroller.matches(':hover, :focus-within')))
        scroller.scrollTop = top + (at - index) * rowHeight;
    }
    this.#view = view;
  }

  #paintTicks(store: TreeStore): void {
    const context = this.#context(store);
    const changed = [...this.#ticked].filter((slot) => slot.account && paintMinutes(slot, slot.account, context));
    this.#ticked.clear();
    pulse(this.#rows.slots, changed, performance.now());
  }

  #paintWindow(store: TreeStore, why: 'scrolled' | 'changed'): void {
    const { frame } = this;
    const { view } = store;
    const { visible } = view;
    // Read once, before anything is written: a second look would lay the rows out in the middle of the frame.
    const { scrollTop } = frame.scroller;
    const index = Math.floor(scrollTop / frame.rowHeight);
    const [from, to] = this.#overscan.around(index, Math.ceil(frame.rows) + 1);
    const lines = visible.slice(from, to);
    const at = visible.indexOf(visible.current);
    // The row that has, or will have, the focus stays in the document wherever it is.
    if (visible.current && at >= 0 && at < from) lines.unshift(visible.current);
    if (visible.current && at >= to) lines.push(visible.current);
    const context = this.#context(store);
    const paint = (slot: Slot, line: Line): void => paintRow(slot, line, context);
    const paintStop = (slot: Slot, line: Line): void => {
      paint(slot, line);
      markStop(slot, visible.current);
    };
    this.#rows.show(lines, { why, paint: paintStop, topOf: (line) => visible.indexOf(line) * frame.rowHeight });
    const pinned = scrollTop > 0 ? (this.inUse?.pinned(visible, index, frame.rows) ?? []) : [];
    this.#pins.show(pinned, { why, paint, topOf: (line) => pinned.findIndex((one) => one === line) * frame.rowHeight });
    store.see({ top: scrollTop, first: visible.at(index), index, rows: Math.ceil(frame.rows) + 1 });
  }

  #context(store: TreeStore): RowContext {
    const { texts, hrefOf, features, opened, columns } = this.#tree;
    const { levels, brief, headed } = this.frame;
    const { find, limit = this.#awaitLimit } = this.inUse ?? {};
    return { store, texts, hrefOf, features, opened, columns, levels, brief, headed, find, limit };
  }

  /** What draws limits comes with the first account that has one. */
  readonly #awaitLimit: RowContext['limit'] = (_slot, { row }) => {
    if (row.minutesMax !== null) this.#tree.prepare();
    return null;
  };
}

/** There is one stop for Tab: the row of the current line. */
const markStop = ({ el, line }: Slot, current: Line | null): void => put(el, { tabindex: line === current ? 0 : -1 });

import type { AccountId } from '@tenantree/domain';
import type { Account, AccountLine, Line } from './lines.ts';
import { Overscan } from './overscan.ts';
import { paintMinutes, paintRow, type RowContext } from './paint-row.ts';
import { pinnedAbove, pinnedAncestors } from './pinned-ancestors.ts';
import { PinnedRows } from './pinned-rows.ts';
import { Pulse } from './pulse.ts';
import { type PoolView, RowPool } from './row-pool.ts';
import { focusableIn, put, type Slot } from './row-slot.ts';
import type { CellName } from './row-template.ts';
import type { SamTree } from './sam-tree.ts';
import { ScrollMemory } from './scroll-memory.ts';
import { TreeFrame } from './tree-frame.ts';
import { levelsOf } from './tree-layout.ts';
import type { ChangeCause, TreeListener } from './tree-store.ts';

/** Rows out of sight come when the first ones have been on screen for so long, in milliseconds, or with the first scroll. */
const OVERSCAN_AFTER_MS = 100;
/** Rows slide apart when no more than these come or go, so long, in milliseconds (ux.md 2.3). */
const [MOST_EASED, EASE_MS] = [20, 150];
/** How long a new row is marked, in milliseconds (ux.md 2.3). */
const MARK_MS = 2_000;

/** Paints a store into a {@link SamTree}: structure when it changes, minutes once a frame, rows as they are scrolled to. */
export class TreePainter implements TreeListener {
  readonly #tree: SamTree;
  #frame: TreeFrame | null = null;
  #pool: RowPool | null = null;
  #pins: PinnedRows | null = null;
  #ticked = new Set<Account>();
  #request = 0;
  #stale = true;
  #cause: ChangeCause = 'asked';
  readonly #sight = new ScrollMemory();
  #connected = false;
  /** The cell that has the focus in the current row; null when the row itself has it. */
  #cell: CellName | null = null;
  #marked: AccountId | null = null;
  #unmark: ReturnType<typeof setTimeout> | undefined;
  readonly #overscan = new Overscan();
  #widen: ReturnType<typeof setTimeout> | undefined;
  readonly #pulse = new Pulse();
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(tree: SamTree) {
    this.#tree = tree;
  }

  get cell(): CellName | null {
    return this.#cell;
  }

  get frame(): TreeFrame | null {
    return this.#frame;
  }

  /** Levels that open in place in the present layout. */
  get levels(): number {
    return levelsOf(this.#frame?.layout ?? 'xl');
  }

  get current(): Line | null {
    return this.#tree.store?.view.visible.current ?? null;
  }

  /** Takes the elements to paint into. The first paint is that of the update in which they appear. */
  attach(root: ParentNode): void {
    this.#frame = new TreeFrame(root, (what) => (what === 'rows' ? this.changed() : this.renew()));
    this.#pool = new RowPool(this.#frame.window);
    this.#pins = new PinnedRows(this.#frame.pins);
    this.#connected = true;
    this.#frame.connect();
  }

  /** Paints again after the table was taken out of the document and put back. */
  connect(): void {
    this.#connected = true;
    this.#frame?.connect();
    this.renew();
  }

  disconnect(): void {
    this.#connected = false;
    this.#frame?.disconnect();
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    clearTimeout(this.#unmark);
    clearTimeout(this.#widen);
    this.#widen = undefined;
  }

  changed(cause: ChangeCause = 'asked'): void {
    if (cause === 'asked' || !this.#stale) this.#cause = cause;
    this.#stale = true;
    this.#schedule();
  }

  ticked(account: Account): void {
    // Most ticks are of rows out of sight: they are painted with their minutes when they are scrolled to.
    if (!this.#pool?.ofAccount(account.id) && !this.#pins?.shows(account)) return;
    this.#ticked.add(account);
    this.#schedule();
  }

  /** Says that the line with the focus vanished, and which one took its place. */
  #sayVanished({ account }: AccountLine): void {
    this.#cell = null;
    const { texts } = this.#tree;
    const to = this.current;
    const gone = account.row.name;
    const name = to?.kind === 'account' ? to.account.row.name : '';
    this.#tree.announce(texts.say(name === '' ? 'rowGoneEmpty' : 'rowGone', { gone, name }));
  }

  /** Makes all rows anew, for another language or another store. */
  restart(): void {
    this.#pool?.clear();
    this.#pins?.clear();
    this.#cell = null;
    this.renew();
  }

  /** Paints everything now. */
  renew(): void {
    if (!this.#stale) this.#cause = 'asked';
    this.#stale = true;
    this.#paint();
  }

  /** Follows the scroll position. Reads nothing but that. */
  scroll(): void {
    this.#overscan.start();
    if (!this.#stale) this.#paintWindow('scrolled');
  }

  mark(line: AccountLine): void {
    this.#marked = line.account.id;
    clearTimeout(this.#unmark);
    this.#unmark = setTimeout(() => {
      this.#marked = null;
      this.changed();
    }, MARK_MS);
    this.changed();
  }

  /** Makes a line current, brings it into sight and, if the table has the focus, focuses it. */
  goTo(line: Line, cell: CellName | null = null): void {
    const { store } = this.#tree;
    const frame = this.#frame;
    if (store === null || frame === null) return;
    const focused = this.#hasFocus();
    const { visible } = store.view;
    visible.current = line;
    this.#cell = cell;
    const index = visible.indexOf(line);
    if (index < 0) return;
    this.renew();
    frame.bringIntoView(index, pinnedAbove(line, frame.rows));
    this.#paintWindow('scrolled');
    if (focused) this.focusCurrent();
  }

  /** Focuses the current row or cell; the first row when there is none yet. */
  focusCurrent(): void {
    const visible = this.#tree.store?.view.visible;
    if (!visible || !this.#pool) return;
    if (visible.current === null) {
      const first = visible.at(0);
      if (first) this.goTo(first);
    }
    const slot = visible.current && this.#pool.ofLine(visible.current);
    if (slot) (this.#cell === null ? slot.el : focusableIn(slot, this.#cell)).focus({ preventScroll: true });
  }

  /** The focus went somewhere by itself (pointer, assistive technology): the current line follows it. */
  follow(line: Line, cell: CellName | null): void {
    const visible = this.#tree.store?.view.visible;
    if (!visible || visible.indexOf(line) < 0) return;
    this.#cell = cell;
    if (visible.current === line) return;
    const before = visible.current && this.#pool?.ofLine(visible.current);
    visible.current = line;
    if (before) put(before, 'tabindex', '-1');
    const slot = this.#pool?.ofLine(line);
    if (slot) put(slot, 'tabindex', '0');
  }

  /** Lets rows slide to where they are since `added` rows came in (or, below 0, went away) under a line. */
  ease(line: Line, added: number): void {
    const index = this.#tree.store?.view.visible.indexOf(line) ?? -1;
    const height = this.#frame?.rowHeight ?? 0;
    if (added === 0 || Math.abs(added) > MOST_EASED || this.#calm.matches) return;
    for (const { el, index: at } of this.#pool?.slots ?? []) {
      if (at <= index) continue;
      const fresh = at <= index + added;
      const from = fresh ? { opacity: 0 } : { transform: `translateY(${-added * height}px)` };
      el.animate([from, {}], { duration: EASE_MS, easing: 'cubic-bezier(.2, 0, 0, 1)' });
    }
  }

  slotOf(row: Element): Slot | undefined {
    return this.#pool?.ofElement(row) ?? this.#pins?.ofElement(row);
  }

  slotOfLine(line: Line): Slot | undefined {
    return this.#pool?.ofLine(line);
  }

  #hasFocus(): boolean {
    return this.#frame?.window.matches(':focus-within') ?? false;
  }

  #schedule(): void {
    if (this.#request !== 0 || !this.#connected) return;
    this.#request = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    const { store } = this.#tree;
    if (this.#frame === null || store === null || !this.#connected) return;
    if (this.#stale) {
      this.#ticked.clear();
      const { visible } = store.view;
      const { scroller, rowHeight, pad } = this.#frame;
      const top = this.#sight.next(store.view, this.#cause, rowHeight, () => scroller.matches(':hover, :focus-within'));
      visible.current ??= visible.at(0) ?? null;
      if (visible.vanished) this.#sayVanished(visible.vanished);
      visible.vanished = null;
      scroller.setAttribute('aria-rowcount', String(visible.length + 1));
      pad.style.height = `${visible.length * rowHeight}px`;
      if (top !== null) scroller.scrollTop = top;
      const focused = this.#hasFocus();
      this.#paintWindow('changed');
      this.#stale = false;
      if (focused) this.#keepFocus();
      this.#widen ??= setTimeout(() => this.scroll(), OVERSCAN_AFTER_MS);
      return;
    }
    this.#paintTicks();
  }

  /** After a repaint the focus is where it was, or on the line that took the place of the one that vanished. */
  #keepFocus(): void {
    const slot = this.current && this.#pool?.ofLine(this.current);
    if (slot && slot.el.matches(':focus-within')) return;
    this.focusCurrent();
  }

  #paintTicks(): void {
    const now = performance.now();
    const { texts } = this.#tree;
    for (const account of this.#ticked) {
      const slot = this.#pool?.ofAccount(account.id);
      if (slot && paintMinutes(slot, account, texts)) this.#pulse.beat(slot, now);
      this.#pins?.tick(account, texts);
    }
    this.#ticked.clear();
  }

  #paintWindow(why: 'scrolled' | 'changed'): void {
    const frame = this.#frame;
    const pool = this.#pool;
    const { store } = this.#tree;
    if (frame === null || pool === null || store === null) return;
    const { visible } = store.view;
    // Read once, before anything is written: a second look would lay the rows out in the middle of the frame.
    const { scrollTop } = frame.scroller;
    const first = Math.floor(scrollTop / frame.rowHeight);
    const context = this.#context();
    const view: PoolView = {
      ...this.#overscan.around(first, Math.ceil(frame.rows) + 1, visible.length),
      lineAt: (index) => visible.at(index),
      current: visible.current,
      currentIndex: visible.current === null ? -1 : visible.indexOf(visible.current),
      rowHeight: frame.rowHeight,
      paint: (slot, line, index) => this.#show(slot, line, index, context),
    };
    if (why === 'changed') pool.renew(view);
    else pool.scroll(view);
    this.#sight.note(store.view, first, scrollTop);
    this.#pins?.paint(scrollTop <= 0 ? [] : pinnedAncestors(visible, first, frame.rows), why, context);
  }

  #show(slot: Slot, line: Line, index: number, context: RowContext): void {
    paintRow(slot, line, index, context);
    put(slot, 'data-fresh', line.kind === 'account' && line.account.id === this.#marked ? '' : null);
  }

  #context(): RowContext {
    const { store, texts, hrefOf, features, opened } = this.#tree;
    if (store === null) throw new TypeError('there is nothing to paint');
    const brief = this.#frame?.layout === 's';
    return { store, texts, hrefOf, features, opened, levels: this.levels, brief };
  }
}

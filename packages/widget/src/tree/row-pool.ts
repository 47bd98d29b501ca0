import type { AccountId } from '@tenantree/domain';
import type { Line } from './lines.ts';
import { createSlot, put, type Slot } from './row-slot.ts';

/** Which rows are to be on screen, and how each is painted. */
export type PoolView = {
  /** First and one after the last index. */
  readonly from: number;
  readonly to: number;
  readonly lineAt: (index: number) => Line | undefined;
  /** The line whose row must stay in the document, wherever it is, because it has (or will have) the focus. */
  readonly current: Line | null;
  readonly currentIndex: number;
  readonly rowHeight: number;
  readonly paint: (slot: Slot, line: Line, index: number) => void;
};

/** Scrolling rests when no row came into sight for so long, in milliseconds. */
const REST_MS = 80;

/**
 * A few row elements that take turns, as many as fit on the screen. Scrolling lets the rows that left the screen show the ones that
 * enter it, at their place, and leaves them where they are in the document: moving an element there makes the browser compute the
 * style of all it contains anew. When the scrolling rests, reading order is made visual order again. The row with the focus
 * never moves in the document and never shows another line; it waits outside of the screen ("parked") until the screen is back.
 */
export class RowPool {
  readonly #container: HTMLElement;
  #slots: Slot[] = [];
  #parked: Slot | null = null;
  #spare: Slot[] = [];
  #from = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #bySlot = new Map<Element, Slot>();
  #byAccount = new Map<AccountId, Slot>();

  constructor(container: HTMLElement) {
    this.#container = container;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Row of an account, if it has one at the moment. */
  ofAccount(id: AccountId): Slot | undefined {
    return this.#byAccount.get(id);
  }

  /** Row of a line, if it has one at the moment. */
  ofLine(line: Line): Slot | undefined {
    if (this.#parked?.line === line) return this.#parked;
    return this.#slots.find((slot) => slot.line === line);
  }

  /** The slot of a row element. */
  ofElement(row: Element): Slot | undefined {
    return this.#bySlot.get(row);
  }

  /** Shows other rows of the same lines. The cheap way, taken while scrolling. */
  scroll(view: PoolView): void {
    const shift = view.from - this.#from;
    const count = view.to - view.from;
    const far = Math.abs(shift) >= count || count !== this.#slots.length;
    const meets = this.#parked !== null && view.currentIndex >= view.from && view.currentIndex < view.to;
    const parts =
      this.#parked === null &&
      this.#holdsCurrent(view) &&
      (view.currentIndex < view.from || view.currentIndex >= view.to);
    if (far || meets || parts) {
      this.renew(view);
      return;
    }
    const moved = Math.abs(shift);
    for (let k = 0; k < moved; k++) {
      const slot = shift > 0 ? this.#slots.shift() : this.#slots.pop();
      if (slot === undefined) break;
      if (shift > 0) {
        this.#slots.push(slot);
        this.#show(slot, view.to - moved + k, view);
      } else {
        this.#slots.unshift(slot);
        this.#show(slot, view.from + moved - 1 - k, view);
      }
    }
    this.#from = view.from;
    if (moved === 0) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#settle(), REST_MS);
  }

  /** Brings the rows into the order in which they are seen, for those who read them one after the other. */
  #settle(): void {
    clearTimeout(this.#rest);
    const order = this.#slots.map((slot) => slot.el);
    const parked = this.#parked;
    if (parked) {
      if (parked.index < this.#from) order.unshift(parked.el);
      else order.push(parked.el);
    }
    const fixed = order.findIndex((el) => el.parentNode === this.#container && el.matches(':focus-within'));
    for (let i = Math.max(fixed, 0); i < order.length; i++) this.#follow(order[i - 1] ?? null, order[i]);
    for (let i = fixed - 1; i >= 0; i--) {
      const el = order[i];
      const next = order[i + 1];
      if (el && next && el.nextElementSibling !== next) next.before(el);
    }
  }

  /** Shows rows anew after lines came, went or changed. Rows keep their line where they can. */
  renew(view: PoolView): void {
    const held = new Map<Line, Slot>();
    for (const slot of [...this.#slots, ...(this.#parked ? [this.#parked] : [])])
      if (slot.line) held.set(slot.line, slot);
    const next: (Slot | null)[] = [];
    for (let index = view.from; index < view.to; index++) {
      const line = view.lineAt(index);
      const slot = line && held.get(line);
      if (line) held.delete(line);
      next.push(slot ?? null);
    }
    const outside = view.current !== null && (view.currentIndex < view.from || view.currentIndex >= view.to);
    const parked = outside && view.current !== null ? (held.get(view.current) ?? this.#take(held, null)) : null;
    if (parked?.line) held.delete(parked.line);
    const slots = next.map((slot) => slot ?? this.#take(held, parked));
    for (const slot of held.values()) this.#release(slot);
    this.#slots = slots;
    this.#parked = parked;
    this.#from = view.from;
    slots.forEach((slot, k) => {
      this.#show(slot, view.from + k, view);
    });
    if (parked) this.#show(parked, view.currentIndex, view);
    this.#settle();
  }

  /** Forgets all rows, so that they are made anew in another language. */
  clear(): void {
    clearTimeout(this.#rest);
    for (const slot of [...this.#slots, ...(this.#parked ? [this.#parked] : [])]) slot.el.remove();
    this.#slots = [];
    this.#parked = null;
    this.#spare = [];
    this.#bySlot.clear();
    this.#byAccount.clear();
  }

  #holdsCurrent(view: PoolView): boolean {
    return view.current !== null && this.#slots.some((slot) => slot.line === view.current);
  }

  #show(slot: Slot, index: number, view: PoolView): void {
    const line = view.lineAt(index);
    if (line === undefined) return;
    const before = slot.line;
    if (before?.kind === 'account' && before !== line && this.#byAccount.get(before.account.id) === slot) {
      this.#byAccount.delete(before.account.id);
    }
    view.paint(slot, line, index);
    const top = index * view.rowHeight;
    if (slot.top !== top) slot.el.style.top = `${top}px`;
    slot.top = top;
    put(slot, 'tabindex', line === view.current ? '0' : '-1');
    if (line.kind === 'account') this.#byAccount.set(line.account.id, slot);
  }

  #follow(previous: HTMLElement | null, el: HTMLElement | undefined): void {
    if (el === undefined) return;
    const focused = el.parentNode === this.#container && el.matches(':focus-within');
    if (focused) return;
    if (previous === null) {
      if (this.#container.firstElementChild !== el) this.#container.prepend(el);
    } else if (previous.nextElementSibling !== el) previous.after(el);
  }

  /** A row that shows nothing any more, or a new one. */
  #take(held: Map<Line, Slot>, parked: Slot | null): Slot {
    for (const [line, slot] of held) {
      if (slot === parked || slot.el.matches(':focus-within')) continue;
      held.delete(line);
      return slot;
    }
    const slot = this.#spare.pop() ?? createSlot();
    this.#bySlot.set(slot.el, slot);
    return slot;
  }

  #release(slot: Slot): void {
    if (slot.line?.kind === 'account' && this.#byAccount.get(slot.line.account.id) === slot) {
      this.#byAccount.delete(slot.line.account.id);
    }
    slot.el.remove();
    slot.line = null;
    slot.row = null;
    this.#spare.push(slot);
  }
}

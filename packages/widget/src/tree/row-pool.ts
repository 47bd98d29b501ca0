import type { Line } from './lines.ts';
import { Slot } from './row-slot.ts';

/** Scrolling rests when no row came into sight for so long, in milliseconds. */
const REST_MS = 80;

/** How rows are shown. */
export type RowPainter = {
  /** Whether rows that keep their line may show something else now. */
  readonly why: 'scrolled' | 'changed';
  readonly paint: (slot: Slot, line: Line) => void;
  /** Where a line stands, in pixels. */
  readonly topOf: (line: Line) => number;
};

/**
 * A few row elements that take turns, as many as fit on the screen. Scrolling lets the rows that left the screen show the ones that
 * enter it, at their place, and leaves them where they are in the document: moving an element there makes the browser compute the
 * style of all it contains anew. When the scrolling rests, reading order is made visual order again. A row with the focus never
 * moves in the document, and never shows another line before it lost it.
 */
export class RowPool {
  readonly #container: HTMLElement;
  /** In the order of the lines. */
  slots: readonly Slot[] = [];
  /** Rows that show nothing at the moment. */
  readonly #spare: Slot[] = [];
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(container: HTMLElement) {
    this.#container = container;
  }

  /** Shows these lines. Rows keep their line where they can. */
  show(lines: readonly Line[], { why, paint, topOf }: RowPainter): void {
    const held = new Map(this.slots.map((slot) => [slot.line, slot]));
    const wanted = new Set<Line | null>(lines);
    const free = this.#spare;
    for (const slot of this.slots) {
      if (wanted.has(slot.line)) continue;
      if (slot.el.matches(':focus-within')) slot.el.remove();
      free.push(slot);
    }
    let turned = 0;
    this.slots = lines.map((line) => {
      const slot = held.get(line) ?? free.pop() ?? new Slot();
      if (slot.line !== line) turned += 1;
      if (slot.line !== line || why === 'changed') paint(slot, line);
      const top = topOf(line);
      if (slot.top !== top) slot.el.style.top = `${top}px`;
      slot.top = top;
      if (!slot.el.parentNode) this.#container.append(slot.el);
      return slot;
    });
    for (const slot of free) {
      slot.el.remove();
      slot.line = null;
    }
    if (why === 'changed' || turned > lines.length / 2) this.#settle();
    else if (turned > 0) {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.#settle(), REST_MS);
    }
  }

  /** Brings the rows into the order in which they are seen, for those who read them one after the other. */
  #settle(): void {
    clearTimeout(this.#rest);
    const els = this.slots.map(({ el }) => el);
    const focused = els.findIndex((el) => el.matches(':focus-within'));
    // From a row that stays where it is, outward.
    const fixed = focused < 0 ? els.length >> 1 : focused;
    let last: Element | undefined;
    for (const el of els.slice(fixed)) {
      if (last && last.nextElementSibling !== el) last.after(el);
      last = el;
    }
    let first: Element | undefined;
    for (const el of els.slice(0, fixed + 1).reverse()) {
      if (first && first.previousElementSibling !== el) first.before(el);
      first = el;
    }
  }
}

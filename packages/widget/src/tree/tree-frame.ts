import { within } from './row-slot.ts';

/** Levels that open in place in the layouts that have no room for more; what is deeper is entered, one level per screen. */
const LEVELS = [1, 3];
/** From this layout on there is a head. */
const WITH_HEAD = 3;

/** The elements that a tree is painted into, and their sizes, which are measured only when they change. */
export class TreeFrame {
  readonly scroller: HTMLElement;
  readonly pad: HTMLElement;
  readonly window: HTMLElement;
  readonly pins: HTMLElement;
  readonly #head: HTMLElement;
  readonly #probe: HTMLElement;
  readonly #sizes: ResizeObserver;
  /** Height of a row in CSS pixels, as the style sheet has it for this container. */
  rowHeight = 40;
  /** Height in which rows are seen. */
  viewport = 0;
  /** From 0, the narrowest (rules/screens 14). Which one it is, the style sheet knows: it makes a probe as wide, in pixels. */
  #layout = 4;
  #height = 0;

  /**
   * @param resized called after a size changed: `viewport` before the next paint, `rows` when that would change sizes again, which must
   *   wait for the next frame
   */
  constructor(root: ParentNode, resized: (what: 'viewport' | 'rows') => void) {
    this.scroller = within(root, '.scroller');
    this.pins = within(root, '.pins');
    this.pad = within(root, '.pad');
    this.window = within(root, '.window');
    this.#head = within(root, '.head');
    this.#probe = within(root, '.probe');
    this.#sizes = new ResizeObserver((entries) => {
      const { rowHeight, viewport } = this;
      const layout = this.#layout;
      for (const { target, contentRect } of entries) this.#take(target, contentRect);
      if (this.rowHeight !== rowHeight) resized('rows');
      else if (this.viewport !== viewport || this.#layout !== layout) resized('viewport'); // it also tells what was just measured
    });
  }

  /** How many rows fit, at most. */
  get rows(): number {
    return this.viewport / this.rowHeight;
  }

  /** Whether members and agents are said in a line under the name. */
  get brief(): boolean {
    return this.#layout === 1;
  }

  /** Whether there is a head, which says what numbers are. */
  get headed(): boolean {
    return this.#layout >= WITH_HEAD;
  }

  /** Levels that open in place. */
  get levels(): number {
    return LEVELS[this.#layout] ?? Number.POSITIVE_INFINITY;
  }

  /** Measures once, so that the first paint is right, and from then on when something changes. */
  connect(): void {
    for (const el of [this.#probe, this.scroller]) {
      this.#take(el, el.getBoundingClientRect());
      this.#sizes.observe(el);
    }
  }

  disconnect(): void {
    this.#sizes.disconnect();
  }

  #take(el: Element, { width, height }: DOMRectReadOnly): void {
    if (el === this.scroller) this.#height = height;
    else if (height > 0) {
      this.rowHeight = height;
      this.#layout = Math.round(width);
    }
    this.viewport = this.#height - this.#head.offsetHeight;
  }
}

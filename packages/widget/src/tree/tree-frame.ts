import { within } from './within.ts';

/** The widths of the table, in CSS pixels, from which on it has a head, room for branches in place, and for a few levels of them (ux.md 2.6). The style sheet has the same bounds. */
const [WITH_HEAD, WITH_BRANCHES, WITH_LEVELS] = [760, 520, 360];
const HEAD_PX = 34;

/** Levels that open in place in a table of this width; what is deeper is entered, one level per screen. */
export const levelsOf = (width: number): number =>
  width < WITH_LEVELS ? 1 : width < WITH_BRANCHES ? 3 : Number.POSITIVE_INFINITY;

/** The elements that a tree is painted into, and their sizes, which are measured only when they change. */
export class TreeFrame {
  readonly scroller: HTMLElement;
  readonly pad: HTMLElement;
  readonly window: HTMLElement;
  readonly pins: HTMLElement;
  readonly #probe: HTMLElement;
  readonly #sizes: ResizeObserver;
  /** Height of a row in CSS pixels, as the style sheet has it for this container. */
  rowHeight = 40;
  /** Height in which rows are seen. */
  viewport = 0;
  /** Levels that open in place. */
  levels = Number.POSITIVE_INFINITY;

  /**
   * @param resized called after a size changed: `viewport` before the next paint, `rows` when that would change sizes again, which must
   *   wait for the next frame
   */
  constructor(root: ParentNode, resized: (what: 'viewport' | 'rows') => void) {
    this.scroller = within(root, '.scroller');
    this.pins = within(root, '.pins');
    this.pad = within(root, '.pad');
    this.window = within(root, '.window');
    this.#probe = within(root, '.probe');
    this.#sizes = new ResizeObserver((entries) => {
      const { rowHeight, viewport, levels } = this;
      for (const { target, contentRect } of entries) this.#take(target, contentRect);
      if (this.rowHeight !== rowHeight) resized('rows');
      else if (this.viewport !== viewport || this.levels !== levels) resized('viewport'); // it also tells what was just measured
    });
  }

  /** How many rows fit, at most. */
  get rows(): number {
    return this.viewport / this.rowHeight;
  }

  /** Whether minutes, members and agents are said in a line under the name. */
  get brief(): boolean {
    return this.levels === 3;
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
    if (el === this.#probe) this.rowHeight = height || this.rowHeight;
    else {
      this.viewport = height - (width < WITH_HEAD ? 0 : HEAD_PX);
      this.levels = levelsOf(width);
    }
  }
}

import { type Layout, layoutOf } from './tree-layout.ts';

const HEAD_PX = 34;

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
  layout: Layout = 'xl';

  /**
   * @param resized called after a size changed: `viewport` before the next paint, `rows` when that would change sizes again, which must
   *   wait for the next frame
   */
  constructor(root: ParentNode, resized: (what: 'viewport' | 'rows') => void) {
    const find = (selector: string): HTMLElement => {
      const found = root.querySelector(selector);
      if (!(found instanceof HTMLElement)) throw new TypeError(`the table has no ${selector}`);
      return found;
    };
    this.scroller = find('.scroller');
    this.pad = find('.pad');
    this.window = find('.window');
    this.pins = find('.pins');
    this.#probe = find('.probe');
    this.#sizes = new ResizeObserver((entries) => {
      const { rowHeight, viewport, layout } = this;
      for (const { target, contentRect } of entries) {
        if (target === this.#probe) this.rowHeight = contentRect.height || this.rowHeight;
        else this.#take(contentRect.width, contentRect.height);
      }
      if (this.rowHeight !== rowHeight) resized('rows');
      else if (this.viewport !== viewport || this.layout !== layout) resized('viewport'); // it also tells what was just measured
    });
  }

  /** Narrow layouts have no head. */
  get headHeight(): number {
    return this.layout === 'xl' || this.layout === 'l' ? HEAD_PX : 0;
  }

  /** How many rows fit, at most. */
  get rows(): number {
    return this.viewport / this.rowHeight;
  }

  /** Measures once, so that the first paint is right, and from then on when something changes. */
  connect(): void {
    this.rowHeight = this.#probe.getBoundingClientRect().height || this.rowHeight;
    this.#take(this.scroller.clientWidth, this.scroller.clientHeight);
    this.#sizes.observe(this.scroller);
    this.#sizes.observe(this.#probe);
  }

  disconnect(): void {
    this.#sizes.disconnect();
  }

  #take(width: number, height: number): void {
    this.layout = layoutOf(width);
    this.viewport = height - this.headHeight;
  }

  /** Scrolls as little as possible so that a row is seen, below what is pinned above it. */
  bringIntoView(index: number, pinned: number): void {
    const top = (index - pinned) * this.rowHeight;
    const bottom = Math.ceil((index + 1) * this.rowHeight - this.viewport);
    const { scrollTop } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = Math.max(0, top);
    else if (bottom > scrollTop) this.scroller.scrollTop = bottom;
  }
}

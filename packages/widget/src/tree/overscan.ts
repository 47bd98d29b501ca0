/** Rows kept ready beyond the ones in sight: as many ahead of the scrolling as it can bring in before the next frame, a few behind. */
const [AHEAD, BEHIND] = [6, 2];

/** Decides which rows stand in the document, so that a fast scroll shows no gaps. Every one of them costs time with every frame. */
export class Overscan {
  #wanted = false;
  #up = false;
  #first = 0;

  /** From now on. The first paint does without: nothing scrolls yet. */
  start(): void {
    this.#wanted = true;
  }

  /**
   * @param first index of the row at the upper edge
   * @param seen how many rows can be in sight
   */
  around(first: number, seen: number, total: number): { readonly from: number; readonly to: number } {
    if (first !== this.#first) this.#up = first < this.#first;
    this.#first = first;
    const [above, below] = !this.#wanted ? [0, 0] : this.#up ? [AHEAD, BEHIND] : [BEHIND, AHEAD];
    const to = Math.min(total, first + seen + below);
    return { from: Math.max(0, Math.min(first, total - seen) - above), to };
  }
}

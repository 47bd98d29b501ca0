/** Rows kept ready beyond the ones in sight: as many ahead of the scrolling as it can bring in before the next frame, a few behind. */
const [AHEAD, BEHIND] = [6, 2];

/** Decides which rows stand in the document, so that a fast scroll shows no gaps. Every one of them costs time with every frame. */
export class Overscan {
  /** Whether any are wanted. The first paint does without: nothing scrolls yet. */
  wanted = false;
  #up = false;
  #first = 0;

  /**
   * @param first index of the row at the upper edge
   * @param seen how many rows can be in sight
   * @returns the first index, and one after the last
   */
  around(first: number, seen: number): readonly [from: number, to: number] {
    if (first !== this.#first) this.#up = first < this.#first;
    this.#first = first;
    if (!this.wanted) return [first, first + seen];
    const [above, below] = this.#up ? [AHEAD, BEHIND] : [BEHIND, AHEAD];
    return [Math.max(0, first - above), first + seen + below];
  }
}

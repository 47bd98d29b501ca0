type Waiting = () => void;

/**
 * Work of many actors, so many pieces at one time: whoever asks for much waits for itself, and others take their turn in between.
 */
export class FairQueue {
  readonly #most: number;
  readonly #mostEach: number;
  /** Who waits, in the order of their turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #running = new Map<string, number>();
  #total = 0;

  /** @param most pieces at one time of all actors, of which `mostEach` may be one's */
  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }

  /** Does a piece of work when it is its actor's turn. @throws what the work throws */
  async run<T>(actor: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      const others = this.#waiting.get(actor);
      if (others) others.push(begin);
      else this.#waiting.set(actor, [begin]);
      this.#begin();
    });
    try {
      return await work();
    } finally {
      this.#end(actor);
    }
  }

  #begin(): void {
    for (const [actor, waiting] of this.#waiting) {
      if (this.#total === this.#most) return;
      const running = this.#running.get(actor) ?? 0;
      const next = running < this.#mostEach ? waiting.shift() : undefined;
      if (!next) continue;
      this.#total += 1;
      this.#running.set(actor, running + 1);
      // Behind the others, who come first the next time.
      this.#waiting.delete(actor);
      if (waiting.length > 0) this.#waiting.set(actor, waiting);
      next();
    }
  }

  #end(actor: string): void {
    this.#total -= 1;
    const left = (this.#running.get(actor) ?? 1) - 1;
    if (left === 0) this.#running.delete(actor);
    else this.#running.set(actor, left);
    this.#begin();
  }
}

import type { StoredLine } from '@tenantree/db';

type Unnumbered = Omit<StoredLine, 'n'>;

/** Lines of a page of a document that isn’t written, as those before it are counted. */
export class LinePage {
  readonly #after: number;
  readonly #limit: number;
  /** How many lines stand before what comes next. */
  #n = 0;
  readonly lines: StoredLine[] = [];

  /** @param after the number of the line before the page; 0: it is the first */
  constructor(after: number, limit: number) {
    this.#after = after;
    this.#limit = limit;
  }

  /** How many lines there are in all, once all were added. */
  get all(): number {
    return this.#n;
  }

  /** Of those that come next, how many are before the page, and how many are to be read. */
  next(): { readonly skip: number; readonly limit: number } {
    return { skip: Math.max(this.#after - this.#n, 0), limit: this.#limit - this.lines.length };
  }

  add(all: readonly Unnumbered[]): void {
    const { skip, limit } = this.next();
    this.addSome(all.slice(skip, skip + limit), all.length);
  }

  /** Those of them that belong to the page. */
  addSome(some: readonly Unnumbered[], all: number): void {
    const { skip } = this.next();
    for (const [index, line] of some.entries()) this.lines.push({ ...line, n: this.#n + skip + index + 1 });
    this.#n += all;
  }
}

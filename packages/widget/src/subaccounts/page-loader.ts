import {
  type AccountPage,
  type AccountSource,
  refusalFrom,
  type SearchPage,
  type SourceRefusal,
} from '../data/account-source.ts';
import type { TreeStore, Want } from '../tree/tree-store.ts';
import { PAGE_ROWS } from '../tree/tree-view.ts';

/** Pages that are loaded at the same time; opening many branches at once must not drown everything else. */
const AT_ONCE = 4;

/** Loads the pages that a tree wants, a few at a time and in the order in which they are asked for, until it is given up. */
export class PageLoader {
  readonly #source: AccountSource;
  readonly #signal: AbortSignal;
  readonly #report: (refusal: SourceRefusal | null) => void;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  /** @param report told about each page that could not be loaded, and null when one could */
  constructor(source: AccountSource, signal: AbortSignal, report: (refusal: SourceRefusal | null) => void) {
    this.#source = source;
    this.#signal = signal;
    this.#report = report;
  }

  /** Answers a want of a store, sooner or later. */
  load(store: TreeStore, want: Want): void {
    const { status } = store;
    this.#waiting.push(async () => {
      try {
        const page = await this.#page(store, want, status);
        this.#report(null);
        store.receive(want, page);
      } catch (error) {
        if (this.#signal.aborted) return;
        const refusal = refusalFrom(error);
        this.#report(refusal);
        store.fail(want, refusal);
      }
    });
    void this.#next();
  }

  #page(
    store: TreeStore,
    { view, branch, cursor, order }: Want,
    status: TreeStore['status'],
  ): Promise<AccountPage | SearchPage> {
    const part = { cursor, limit: PAGE_ROWS };
    return branch === view.root && view.sought
      ? this.#source.search(store.accountId, { ...view.sought, ...part }, this.#signal)
      : this.#source.list(branch.accountId, { ...order, status, ...part }, this.#signal);
  }

  async #next(): Promise<void> {
    const job = this.#running < AT_ONCE && !this.#signal.aborted && this.#waiting.shift();
    if (!job) return;
    this.#running += 1;
    await job();
    this.#running -= 1;
    void this.#next();
  }
}

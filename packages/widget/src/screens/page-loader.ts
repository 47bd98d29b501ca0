import { type AccountPage, type AccountSource, type SearchPage, SourceRefusal } from '../data/account-source.ts';
import type { TreeStore, Want } from '../tree/tree-store.ts';
import { PAGE_ROWS } from '../tree/tree-view.ts';

/** Pages that are loaded at the same time; opening many branches at once must not drown everything else. */
const AT_ONCE = 4;

/** What any error of a source is to the screens. */
export const refusalFrom = (error: unknown): SourceRefusal =>
  error instanceof SourceRefusal
    ? error
    : new SourceRefusal({ code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) });

/** Loads the pages that a tree wants, a few at a time and in the order in which they are asked for. */
export class PageLoader {
  readonly #source: AccountSource;
  readonly #ended = new AbortController();
  /** Told about each page that could not be loaded, and null when one could. */
  readonly #report: (refusal: SourceRefusal | null) => void;
  #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(source: AccountSource, report: (refusal: SourceRefusal | null) => void) {
    this.#source = source;
    this.#report = report;
  }

  /** Answers a want of a store, sooner or later. */
  load(store: TreeStore, want: Want): void {
    const { sort, direction } = want.order;
    const { status } = store;
    this.#waiting.push(async () => {
      try {
        const page = await this.#page(store, want, { sort, direction, status });
        this.#report(null);
        store.receive(want, page);
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        const refusal = refusalFrom(error);
        this.#report(refusal);
        store.fail(want, refusal);
      }
    });
    this.#next();
  }

  stop(): void {
    this.#waiting = [];
    this.#ended.abort();
  }

  #page(
    store: TreeStore,
    { view, branch, cursor }: Want,
    query: Pick<TreeStore['order'], 'sort' | 'direction'> & Pick<TreeStore, 'status'>,
  ): Promise<AccountPage | SearchPage> {
    const { signal } = this.#ended;
    if (branch === view.root && branch.kind === 'matched') {
      return this.#source.search(store.accountId, { query: store.query ?? '', cursor, limit: PAGE_ROWS }, signal);
    }
    return this.#source.list(branch.accountId, { ...query, cursor, limit: PAGE_ROWS }, signal);
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#running += 1;
      void job().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}

import { refusalFrom } from '../data/account-source.ts';
import { MatchView } from '../tree/match-view.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { PAGE_ROWS } from '../tree/tree-view.ts';
import type { ListHost } from './list-host.ts';
import type { TreeSession } from './tree-session.ts';

/** Rests between the last key and the search, in milliseconds. */
const SEARCH_REST_MS = 120;

/** Finds accounts while somebody types. */
export class AccountSearch {
  readonly #screen: ListHost;
  #running: { readonly abort: AbortController; readonly timer: ReturnType<typeof setTimeout> } | null = null;

  constructor(screen: ListHost) {
    this.#screen = screen;
  }

  /** Whether a search is under way whose result isn't there yet. */
  get busy(): boolean {
    return this.#running !== null;
  }

  /** Shows what is found, once typing rests; an empty text shows the tree again as it was. What is typed before there is a tree waits for it. */
  find(text: string): void {
    this.#screen.tree?.prepare();
    const { session } = this.#screen;
    if (!session) return;
    const { store } = session;
    const query = text.trim();
    session.query = text;
    clearTimeout(this.#running?.timer);
    this.#running?.abort.abort();
    this.#running = null;
    if (query === '') store?.endSearch();
    else if (store) {
      const abort = new AbortController();
      const find = (): void => void this.#find(session, store, query, abort);
      this.#running = { abort, timer: setTimeout(find, store.query === null ? 0 : SEARCH_REST_MS) };
    }
    this.#screen.requestUpdate();
  }

  async #find(session: TreeSession, store: TreeStore, query: string, abort: AbortController): Promise<void> {
    const signal = AbortSignal.any([abort.signal, session.signal]);
    const search = store.beginSearch();
    try {
      const page = await session.source.search(store.accountId, { query, cursor: null, limit: PAGE_ROWS }, signal);
      if (signal.aborted) return;
      session.report(null);
      store.showSearch(search, new MatchView(store, query), page);
    } catch (error) {
      if (!signal.aborted) session.report(refusalFrom(error));
    } finally {
      store.dropSearch(search);
      if (this.#running?.abort === abort) this.#running = null;
      this.#screen.requestUpdate();
    }
  }
}

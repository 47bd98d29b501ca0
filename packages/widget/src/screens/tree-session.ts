import type { AccountRow } from '@tenantree/domain';
import type { AccountDetail, AccountPage, AccountRef, AccountSource, SourceRefusal } from '../data/account-source.ts';
import { fetched, LatePart } from '../parts/late-part.ts';
import { TreeStore } from '../tree/tree-store.ts';
import { PAGE_ROWS } from '../tree/tree-view.ts';
import { PageLoader, refusalFrom } from './page-loader.ts';
import type { ScreenView } from './screen-view.ts';

/** Rests between the last key and the search, in milliseconds. */
const SEARCH_REST_MS = 120;

/** Passes at least, and half of what passes at most, before what failed is tried again, in milliseconds: not all pages come back at once. */
const AGAIN_MS = 1_500;

/** The tree of one account from its first page on: loading, searching, live changes, and what went wrong. */
export class TreeSession {
  readonly account: AccountRef;
  readonly #source: AccountSource;
  #first: ScreenView;
  readonly #changed: () => void;
  readonly #loader: PageLoader;
  readonly #ended = new AbortController();
  /** What the table does when it is used: it also knows how to show what was found. */
  readonly #work = new LatePart(() => fetched(() => import('../tree/tree-work.ts')));
  #stops: (() => void)[] = [];
  #searching: { readonly abort: AbortController; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  /** The acting account; null until it is loaded. */
  detail: AccountDetail | null = null;
  store: TreeStore | null = null;
  /** Why nothing can be shown. */
  refusal: SourceRefusal | null = null;
  /** Why what is shown could not be brought up to date, and since when (UTC ISO) it is as it is. */
  stale: { readonly refusal: SourceRefusal; readonly since: string } | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  #freshAt = new Date().toISOString();

  /**
   * @param first how the tree is looked at when it appears
   * @param changed called after anything that is shown around the table changed
   */
  constructor(source: AccountSource, account: AccountRef, first: ScreenView, changed: () => void) {
    this.#source = source;
    this.account = account;
    this.#first = first;
    this.#changed = changed;
    this.#loader = new PageLoader(source, (refusal) => this.report(refusal));
  }

  /** Rows of the acting account change live too; this is the newest one. */
  get row(): AccountRow | null {
    return (this.detail && this.store?.account(this.detail.id)?.row) ?? this.detail;
  }

  /** Whether a search is under way whose result isn't there yet. */
  get searching(): boolean {
    return this.#searching !== null;
  }

  async start(): Promise<void> {
    const { signal } = this.#ended;
    const { order, status } = this.#first;
    const before = this.refusal?.code;
    try {
      const [detail, page] = await Promise.all([
        this.#source.get(this.account, signal),
        this.#source.list(this.account, { ...order, status, cursor: null, limit: PAGE_ROWS }, signal),
      ]);
      if (signal.aborted) return;
      this.refusal = null;
      this.#begin(detail, page);
      if (this.#first.query !== '') this.search(this.#first.query);
    } catch (error) {
      if (signal.aborted) return;
      this.refusal = refusalFrom(error);
      // Nothing is live before there is an account, so nothing else would tell that the server is back.
      if (this.refusal.retryable) this.#again = setTimeout(() => void this.start(), AGAIN_MS * (1 + Math.random()));
      if (this.refusal.code === before) return;
    }
    this.#changed();
  }

  stop(): void {
    clearTimeout(this.#again);
    this.#ended.abort();
    this.#loader.stop();
    this.#dropSearch();
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Shows what is found, once typing rests; an empty query shows the tree again as it was. */
  search(query: string): void {
    const { store } = this;
    this.#dropSearch();
    if (store === null) {
      this.#first = { ...this.#first, query };
      return;
    }
    if (query === '') {
      store.endSearch();
      this.#changed();
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => void this.#find(store, query, abort), store.query === null ? 0 : SEARCH_REST_MS);
    this.#searching = { abort, timer };
    this.#changed();
  }

  /** Says that something could not be had, with the age of what is shown; null when all is well again. */
  report(refusal: SourceRefusal | null): void {
    if (refusal === null) this.#freshAt = new Date().toISOString();
    if (refusal === null && this.stale === null) return;
    this.stale = refusal && { refusal, since: this.#freshAt };
    this.#changed();
  }

  #begin(detail: AccountDetail, page: AccountPage): void {
    let first: AccountPage | null = page;
    const store = new TreeStore(
      detail.id,
      (want) => {
        const known = first;
        first = null;
        if (known) store.receive(want, known);
        else this.#loader.load(store, want);
      },
      this.#first,
    );
    this.detail = detail;
    this.store = store;
    this.#freshAt = new Date().toISOString();
    store.load(page.rows.length);
    this.#stops = [
      this.#source.subscribeAccounts(detail.id, page.treeVersion, {
        onFrame: (frame) => store.takeAccounts(frame),
        onRefused: (refusal) => this.#refused(refusal),
      }),
    ];
    if (detail.levels['billing.usage'] === 'none') return;
    this.#stops.push(
      this.#source.subscribeUsage(detail.id, {
        onFrame: (frame) => store.takeUsage(frame),
        onRefused: (refusal) => this.#refused(refusal),
      }),
    );
  }

  async #find(store: TreeStore, query: string, abort: AbortController): Promise<void> {
    const search = store.beginSearch();
    try {
      const [page, { MatchView }] = await Promise.all([
        this.#source.search(store.accountId, { query, cursor: null, limit: PAGE_ROWS }, abort.signal),
        this.#work.load(),
      ]);
      if (abort.signal.aborted) return;
      this.#searching = null;
      this.report(null);
      store.showSearch(search, query, page, MatchView);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#searching = null;
      this.report(refusalFrom(error));
    } finally {
      store.dropSearch(search);
      if (!abort.signal.aborted) this.#changed();
    }
  }

  #dropSearch(): void {
    clearTimeout(this.#searching?.timer);
    this.#searching?.abort.abort();
    this.#searching = null;
  }

  /** The server ended live changes for good: the account went away, or access to it did. */
  #refused(refusal: SourceRefusal): void {
    this.stale = { refusal, since: new Date().toISOString() };
    this.#changed();
  }
}

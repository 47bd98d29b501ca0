import { type AccountId, type AccountRow, type NearFrame, passesFilters } from '@tenantree/domain';
import { refusalFrom, type SearchPage, type Sought, type SourceRefusal } from '../data/account-source.ts';
import { DEFAULT_ORDER, type Filters } from '../data/screen-view.ts';
import { FlatView } from '../tree/flat-view.ts';
import { MatchView } from '../tree/match-view.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { PAGE_ROWS } from '../tree/tree-view.ts';
import type { ListHost } from './list-host.ts';
import type { TreeSession } from './tree-session.ts';

/** Rests between the last key and the search, in milliseconds. */
const SEARCH_REST_MS = 120;
/** Rests at least before it is asked again what filters let through, in milliseconds. */
const AGAIN_MS = 500;

/** Finds accounts: while somebody types, and by filters. */
export class AccountSearch {
  readonly #screen: ListHost;
  /** Hears of an order in which the server lists no so long list. */
  readonly #refused: (refusal: SourceRefusal) => void;
  #running: { readonly abort: AbortController; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  #unfollow: () => void = () => undefined;

  constructor(screen: ListHost, refused: (refusal: SourceRefusal) => void) {
    this.#screen = screen;
    this.#refused = refused;
  }

  /** Whether a search is under way whose result isn't there yet. */
  get busy(): boolean {
    return this.#running !== null;
  }

  /** Shows what is found, once typing rests; with nothing to look for, the tree is again as it was. What is typed before there is a tree waits for it. */
  find(text: string): void {
    this.#screen.tree?.prepare();
    const { session } = this.#screen;
    if (!session) return;
    const { store } = session;
    session.query = text;
    clearTimeout(this.#running?.timer);
    this.#running?.abort.abort();
    this.#running = null;
    if (!session.isKept) {
      this.#unfollow();
      store?.endSearch();
    } else if (store) {
      const abort = new AbortController();
      const { layout, ...kept } = session.filters;
      const sought = { query: text.trim(), status: store.status, ...kept, ...(layout && store.order) };
      const find = (): void => void this.#find(session, store, sought, abort);
      this.#running = { abort, timer: setTimeout(find, store.sought ? SEARCH_REST_MS : 0) };
    }
    this.#screen.requestUpdate();
  }

  /** Keeps the table to other accounts; what isn't named stays as it is. */
  keepTo(filters: Filters): void {
    const { session } = this.#screen;
    if (!session) return;
    session.filters = { ...session.filters, ...filters };
    this.find(session.query);
  }

  /** Looks for nothing any more; a flat list stays one. */
  clear(): void {
    this.keepOnlyTo({ layout: this.#screen.session?.filters.layout });
  }

  /** Keeps the table to these accounts alone, whatever was searched for. */
  keepOnlyTo(filters: Filters): void {
    const { session } = this.#screen;
    if (session) session.filters = filters;
    this.find('');
  }

  async #find(session: TreeSession, store: TreeStore, sought: Sought, abort: AbortController): Promise<void> {
    const signal = AbortSignal.any([abort.signal, session.signal]);
    const search = store.beginSearch();
    try {
      const page = await session.source.search(store.accountId, { ...sought, cursor: null, limit: PAGE_ROWS }, signal);
      if (signal.aborted) return;
      session.report(null);
      const again = (): void => this.find(session.query);
      store.showSearch(search, sought.sort ? new FlatView(store, sought, again) : new MatchView(store, sought), page);
      this.#follow(session, store, page);
    } catch (error) {
      if (!signal.aborted) this.#fail(session, store, refusalFrom(error));
    } finally {
      store.dropSearch(search);
      if (this.#running?.abort === abort) this.#running = null;
      this.#screen.requestUpdate();
    }
  }

  #fail(session: TreeSession, store: TreeStore, refusal: SourceRefusal): void {
    if (refusal.field !== 'sort' || store.order.sort === DEFAULT_ORDER.sort) {
      session.report(refusal);
      return;
    }
    this.#refused(refusal);
    store.sortBy(DEFAULT_ORDER);
    // What is on screen may be the tree still, which has sorted itself.
    this.find(session.query);
  }

  /** Who comes to be let through by a filter, or no longer is, stands anywhere below: whoever changes is told, and then it is asked again. */
  #follow(
    { source, signal, filters }: TreeSession,
    store: TreeStore,
    { resumeId: after, treeVersion }: Pick<SearchPage, 'resumeId' | 'treeVersion'>,
  ): void {
    this.#unfollow();
    const { sought } = store;
    if (!sought || !Object.values(filters).some(Boolean)) return;
    const { limits, activity, level, under, blueprint, query, status } = sought;
    const { accountId, view } = store;
    const has = (id: AccountId): boolean => view.matches.has(id);
    // Of what no row tells it is taken that it is as it was.
    const isPartly = Boolean(limits || activity || level || under || blueprint || query);
    const belongs = (row: AccountRow): boolean =>
      status.includes(row.status) && passesFilters(row, sought) && (!isPartly || has(row.id));
    const ended = new AbortController();
    const stop = (this.#unfollow = () => ended.abort());
    signal.addEventListener('abort', stop, { once: true });
    let rest: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      const isHeld = document.hidden || store.paused;
      rest = isHeld ? setTimeout(ask, AGAIN_MS) : undefined;
      // Where more was loaded than one page it stays as it is.
      if (!isHeld && view.matches.size <= PAGE_ROWS) store.refresh();
    };
    const look = (isOther: boolean | undefined): void => {
      // What is told while an answer is on its way may be newer than that.
      if (isOther || view.root.want) rest ??= setTimeout(ask, AGAIN_MS);
    };
    const onRefused = (): void => undefined;
    const stops = [
      source.subscribeAccounts(
        accountId,
        { after, childrenOf: null },
        {
          onFrame: ({ changed, gone, gap }) =>
            look(gap || gone.some(has) || changed.some((row) => row.id !== accountId && has(row.id) !== belongs(row))),
          onRefused,
        },
      ),
    ];
    // Whoever is used while one looks is inactive no more.
    if (activity === 'inactive')
      stops.push(store.listen({ changed: () => undefined, ticked: ({ id }) => look(has(id)) }));
    ended.signal.addEventListener('abort', () => {
      clearTimeout(rest);
      for (const one of stops) one();
    });
    const onFrame = ({ near, gap }: NearFrame): void => look(gap || near.some(([id, isNear]) => isNear !== has(id)));
    const watch = async (): Promise<void> => {
      const { watchNear, watchApplied } = await source.acts();
      if (ended.signal.aborted) return;
      if (limits === 'near') stops.push(watchNear(accountId, after, { onFrame, onRefused }));
      if (blueprint) stops.push(watchApplied(accountId, (version) => look(version > treeVersion)));
    };
    watch().catch(onRefused);
  }
}

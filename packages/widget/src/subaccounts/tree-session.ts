import { NO_ANSWER } from '@tenantree/client';
import type { AccountRow } from '@tenantree/domain';
import {
  type AccountDetail,
  type AccountPage,
  type AccountRef,
  type AccountSource,
  refusalFrom,
  SourceRefusal,
} from '../data/account-source.ts';
import type { Filters, ScreenView } from '../data/screen-view.ts';
import { LatePart } from '../parts/late-part.ts';
import { TreeStore, type Want } from '../tree/tree-store.ts';
import { PAGE_ROWS } from '../tree/tree-view.ts';

/** Passes at least, and half of what passes at most, before what failed is tried again, in milliseconds: not all pages come back at once. */
const AGAIN_MS = 1_500;

/** How often the clock is looked at, in milliseconds. */
const TURN_MS = 1_000;

const now = (): string => new Date().toISOString();

/** What a screen hears of its session. */
export type SessionListener = {
  /** The first rows are there. */
  readonly ready: () => void;
  /** Nothing can be shown. */
  readonly refused: (refusal: SourceRefusal) => void;
  /** Something around the table is another now. */
  readonly changed: () => void;
  /** A part of the page could not be loaded. */
  readonly missing: () => void;
  /** Minutes changed, nothing else. */
  readonly ticked: () => void;
};

/** The tree of one account from its first page on: loading, live changes, and what went wrong. */
export class TreeSession {
  readonly source: AccountSource;
  readonly account: AccountRef;
  /** How the tree is looked at, as far as the host knows. */
  view: ScreenView;
  /** What is in the search field. */
  query: string;
  /** To which accounts the table is kept beside that. */
  filters: Filters;
  /** The acting account; null until it is loaded. */
  detail: AccountDetail | null = null;
  store: TreeStore | null = null;
  /** Why nothing can be shown. */
  refusal: SourceRefusal | null = null;
  /** Why what is shown could not be brought up to date, and since when (UTC ISO) it is as it is. */
  stale: { readonly refusal: SourceRefusal; readonly since: string } | null = null;
  readonly #listener: SessionListener;
  readonly #ended = new AbortController();
  readonly #stops: (() => void)[];
  #again: ReturnType<typeof setTimeout> | undefined;
  #freshAt = now();
  /** When who suspends the acting account from above changes by time alone. */
  #changesAtMs = Number.POSITIVE_INFINITY;

  /** @param view how the tree is looked at when it appears */
  constructor(source: AccountSource, account: AccountRef, view: ScreenView, listener: SessionListener) {
    this.source = source;
    this.account = account;
    this.view = view;
    const { query, order: _, status: __, columns: ___, saved: ____, ...filters } = view;
    this.query = query;
    this.filters = filters;
    this.#listener = listener;
    this.#stops = [source.state.subscribe(() => this.#liveChanged())];
  }

  /** Rows of the acting account change live too; this is the newest one. */
  get row(): AccountRow | null {
    return (this.detail && this.store?.account(this.detail.id)?.row) ?? this.detail;
  }

  /** Whether something else is shown than the tree: what is typed or filters leave, or one list. */
  get isKept(): boolean {
    return Boolean(this.query.trim()) || Object.values(this.filters).some(Boolean);
  }

  /** Aborted when the session ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  async start(): Promise<void> {
    const { source, account, signal } = this;
    const { order, status } = this.view;
    try {
      const [detail, page] = await Promise.all([
        source.get(account, signal),
        source.list(account, { ...order, status, cursor: null, limit: PAGE_ROWS }, signal),
      ]);
      if (signal.aborted) return;
      this.refusal = null;
      this.#begin(detail, page);
      this.#listener.ready();
    } catch (error) {
      if (signal.aborted) return;
      const refusal = refusalFrom(error);
      // Nothing is live before there is an account, so nothing else would tell that the server is back.
      if (refusal.retryable) this.#again = setTimeout(() => void this.start(), AGAIN_MS * (1 + Math.random()));
      if (refusal.code === this.refusal?.code) return;
      this.refusal = refusal;
      this.#listener.refused(refusal);
    }
    this.#listener.changed();
  }

  stop(): void {
    clearTimeout(this.#again);
    this.#ended.abort();
    for (const stop of this.#stops) stop();
  }

  /** Says that something could not be had, with the age of what is shown; null when all is well again. */
  report(refusal: SourceRefusal | null): void {
    if (refusal === null) this.#freshAt = now();
    if (refusal === null && this.stale === null) return;
    this.stale = refusal && { refusal, since: this.#freshAt };
    this.#listener.changed();
  }

  #begin(detail: AccountDetail, page: AccountPage): void {
    const { source, signal } = this;
    const { changed, ticked } = this.#listener;
    // The server ended live changes for good: the account went away, or access to it did.
    const onRefused = (refusal: SourceRefusal): void => {
      this.stale = { refusal, since: now() };
      changed();
    };
    // The first page is there; what loads others and what keeps all of them live follow it.
    const rest = new LatePart(
      () => import('./after-rows.ts'),
      'LiveWatch',
      ({ PageLoader, LiveWatch }) => {
        const usage = detail.levels['billing.usage'] === 'none' ? 'hidden' : 'shown';
        const watched = { account: detail.id, after: page.resumeId, usage } as const;
        if (!signal.aborted) {
          const watch = new LiveWatch(source, store, watched, onRefused);
          this.#stops.push(() => watch.stop());
        }
        return new PageLoader(source, signal, (refusal) => this.report(refusal));
      },
    );
    let first: AccountPage | null = page;
    const store = new TreeStore(
      detail.id,
      (want) => {
        const known = first;
        first = null;
        if (known) store.receive(want, known);
        else
          rest.load().then(
            (loader) => loader.load(store, want),
            () => this.#failed(store, want),
          );
      },
      this.view,
    );
    this.detail = detail;
    this.store = store;
    // The acting account itself, so that its own suspension is known to hold for all below.
    store.takeRow(detail);
    this.#take(detail);
    const turns = setInterval(() => this.#turn(), TURN_MS);
    this.#freshAt = now();
    store.load(page.rows.length);
    this.#stops.push(store.listen({ changed, ticked }), () => clearInterval(turns));
    void this.#follow(() => rest.load());
  }

  /** Loads what follows the first rows; where that can't be had now, rows are not live, and it is tried again by itself. */
  async #follow(load: () => Promise<unknown>): Promise<void> {
    try {
      await load();
      this.report(null);
    } catch {
      if (this.signal.aborted) return;
      this.#listener.missing();
      this.#again = setTimeout(() => void this.#follow(load), AGAIN_MS * (1 + Math.random()));
    }
  }

  /** What loads pages could not be had itself. */
  #failed(store: TreeStore, want: Want): void {
    const refusal = new SourceRefusal(NO_ANSWER);
    this.report(refusal);
    store.fail(want, refusal);
  }

  /** Loads what is shown again, and who suspends it from above. */
  async refresh(): Promise<void> {
    this.store?.refresh();
    const detail = await this.source.get(this.account, this.signal).catch(() => null);
    if (detail && !this.signal.aborted) this.#take(detail);
    this.#listener.changed();
  }

  #take({ id, effective: { kind, by, changesAt } }: AccountDetail): void {
    if (this.store) this.store.above = kind === null || by?.id === id ? null : { name: by?.name ?? null };
    this.#changesAtMs = changesAt === null ? Number.POSITIVE_INFINITY : Date.parse(changesAt);
  }

  /** Time passed. */
  #turn(): void {
    this.store?.turn();
    if (Date.now() < this.#changesAtMs) return;
    this.#changesAtMs = Number.POSITIVE_INFINITY;
    void this.refresh();
  }

  /** Back on line: what could not be loaded is tried again by itself. */
  #liveChanged(): void {
    if (this.source.state.get().kind === 'live' && this.stale?.refusal.retryable) this.store?.refresh();
    this.#listener.changed();
  }
}

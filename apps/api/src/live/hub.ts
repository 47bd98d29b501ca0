import {
  type AccountId,
  type AccountsFrame,
  billingPeriodOf,
  FairQueue,
  type Instant,
  instantOf,
  type UsageFrame,
} from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import { AccessWatch } from './access-watch.ts';
import { Board } from './board.ts';
import { Parts, readBulletin, type TreeNews } from './bulletin.ts';
import { accountItem, accountsChannel, type Minutes, type Presence, usageChannel } from './channel.ts';
import type { Outbox } from './connection.ts';
import { type AccountsWatch, type HubOptions, NO_NEWS, UNCOUNTED, type UsageWatch } from './hub-options.ts';
import { LiveStream, type Request, type Studio } from './live-stream.ts';
import { NewsDesk } from './news-desk.ts';
import type { AccessChange, AccountsChange, LiveMetrics, UsageChange } from './ports.ts';
import { loadAccounts, loadUsage, placeUsage } from './state-load.ts';

/** States that are read at one time, of all viewers and of one: fewer than there are connections to the database. */
const READS = { most: 8, each: 2 } as const;
/** How often the clock is looked at for tokens and suspensions, gaps and the billing period. */
const SWEEP_MS = 250;
/** How often the database is asked whether a tree changed without anybody telling. */
const ROLL_CALL_MS = 10_000;

/** Frames of a live procedure: `LiveStream` says how they are taken. */
type Live<Frame> = AsyncIterable<TrackedEnvelope<Frame>, void, undefined>;

/**
 * Where everything that was committed meets everybody who watches (performance.md 1). It keeps no state of accounts: what changed since
 * the last tick is kept by account and sent as state, so that frames per viewer don't grow with the rate of changes, and whoever is slow
 * or was away gets the latest state instead of everything that led to it.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #outbox: Outbox;
  readonly #access: AccessWatch;
  readonly #news: NewsDesk;
  readonly #parts = new Parts();
  readonly #usage: Studio<Minutes, UsageFrame>;
  readonly #accounts: Studio<Presence, AccountsFrame>;
  #sweeps: NodeJS.Timeout | null = null;
  #streams = 0;
  #period: Instant;
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #lastTick = Number.NEGATIVE_INFINITY;
  #lastRollCall = performance.now();
  #closed = false;

  constructor(options: HubOptions) {
    this.#options = options;
    const { source, clock } = options;
    const metrics = this.#counting(options.metrics ?? UNCOUNTED);
    const nowMs = (): number => clock.nowMs();
    const onError = (error: unknown): void => options.onError?.(error);
    this.#outbox = { corked: [] };
    this.#period = this.#presentPeriod();
    this.#news = new NewsDesk(options.serverId, options.news ?? NO_NEWS);
    this.#access = new AccessWatch({ nowMs, onError, onCut: () => metrics.revoked() });
    const schedule = (): void => this.#schedule();
    const version = (account: AccountId): Promise<number> => source.version(account);
    const turns = new FairQueue(READS.most, READS.each);
    const common = { access: this.#access, turns, metrics, nowMs, version, schedule, onError };
    const period = (): Instant => this.#period;
    const now = (): Instant => instantOf(clock.nowMs());

    const minutes = usageChannel(period);
    const usage = new Board({ ...common, channel: minutes, load: loadUsage(source, period), departed: null });
    const departed = (account: AccountId, at: number) => accountItem(account, null, at);
    const accounts = new Board({ ...common, channel: accountsChannel, load: loadAccounts(source, now), departed });

    const studio = { metrics, outbox: this.#outbox };
    this.#usage = { ...studio, board: usage, channel: minutes, bodies: new WeakMap() };
    this.#accounts = { ...studio, board: accounts, channel: accountsChannel, bodies: new WeakMap() };
  }

  /** What somebody watches at the moment: different topics, and trees they are in. */
  get watched(): { readonly topics: number; readonly trees: number } {
    const boards = [this.#usage.board, this.#accounts.board];
    const trees = new Set(boards.flatMap((board) => [...board.roots]));
    return { topics: boards.reduce((sum, board) => sum + board.topics, 0), trees: trees.size };
  }

  /**
   * The minutes of a subtree: those of the account and its first children (or what changed since), then every change. Or of some accounts of
   * it: theirs, then every change of theirs.
   *
   * @param asked what to watch, or how to find out
   */
  watchUsage(asked: UsageWatch | (() => Promise<UsageWatch>), signal?: AbortSignal): Live<UsageFrame> {
    const find = async (): Promise<Request> => {
      const { account: within, only = null, viewer, since } = typeof asked === 'function' ? await asked() : asked;
      return { scope: { within, only }, viewer, since: since ?? 0 };
    };
    return new LiveStream(this.#usage, find, signal);
  }

  /**
   * The accounts of a subtree, or some of it, as they change: since an id, or from now on. The first frame comes at once, even if it is empty.
   *
   * @param asked what to watch, or how to find out
   */
  watchAccounts(asked: AccountsWatch | (() => Promise<AccountsWatch>), signal?: AbortSignal): Live<AccountsFrame> {
    const find = async (): Promise<Request> => {
      const {
        account: within,
        viewer,
        since,
        sight,
        only,
        childrenOf,
      } = typeof asked === 'function' ? await asked() : asked;
      const lists = { only: only ?? (childrenOf ? [] : null), ...(childrenOf && { childrenOf }) };
      return { scope: { within, ...lists, ...(sight && { sight }) }, viewer, since };
    };
    return new LiveStream(this.#accounts, find, signal);
  }

  /** Minutes were committed here. @param period start of the billing period they belong to */
  publishUsage(change: UsageChange, period: Instant = this.#presentPeriod()): void {
    const { root, version, changes, complete } = change;
    this.#news.note('usage', root, version, complete ? changes.map(({ account }) => account) : null);
    this.#schedule();
    this.#accounts.board.lane(root)?.track.mark(version);
    if (period > this.#period) this.#beginPeriod(period);
    if (period < this.#period) return this.#usage.board.lane(root)?.track.mark(version);
    if (!complete) return this.#usage.board.request(root, version, null);
    this.#usage.board.lane(root)?.publish(version, placeUsage(changes, version));
  }

  /** Accounts were changed here, and with a move the minutes of those above them. */
  publishAccounts({ root, version, ids, usage }: AccountsChange): void {
    this.#news.note('accounts', root, version, ids);
    this.#schedule();
    this.#accounts.board.request(root, version, ids);
    // A version that is marked as published is never read: one and the same must not be marked on the one channel and asked for on it.
    if (usage !== 'moved') return this.#usage.board.lane(root)?.track.mark(version);
    this.#news.note('usage', root, version, ids);
    this.#news.noteMove(root);
    this.#usage.board.request(root, version, ids);
  }

  /** Somebody's access may have changed here. Resolves when those of this server who lost it are cut. */
  async accessChanged(change: AccessChange): Promise<void> {
    this.#news.tellAccess(change);
    await this.#access.changed(change);
  }

  /** Takes a notification of another server. */
  receive(text: string): void {
    const bulletin = readBulletin(text);
    if (bulletin === null) return this.resync();
    if (bulletin.from === this.#options.serverId) return;
    for (const tree of bulletin.trees) {
      const news = this.#parts.take(bulletin.from, tree);
      if (news) this.#take(news);
    }
    for (const change of bulletin.access) void this.#access.changed(change);
  }

  /** Notifications may have been lost: reads what changed in every tree that is watched, and asks about every viewer again. */
  resync(): void {
    for (const { board } of [this.#usage, this.#accounts])
      for (const root of board.roots) board.request(root, null, null);
    void this.#access.recheckAll();
  }

  /** Sends at once whatever waits for the next tick. */
  flush(): void {
    this.#usage.board.flush();
    this.#accounts.board.flush();
    this.#uncork();
    this.#news.flush();
  }

  /** Sends what waits and stops. Streams that are still open stay silent. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#stopSweeps();
    this.#stopTimer();
  }

  /** Another server committed these versions. */
  #take({ root, versions, usage, accounts, moved }: TreeNews): void {
    for (const version of versions) {
      if (usage && !moved) this.#usage.board.requestWatched(root, version, usage);
      else this.#usage.board.request(root, version, usage);
      if (accounts?.length === 0) this.#accounts.board.lane(root)?.publish(version, []);
      else this.#accounts.board.request(root, version, accounts);
    }
  }

  #presentPeriod(): Instant {
    return billingPeriodOf(instantOf(this.#options.clock.nowMs())).start;
  }

  #beginPeriod(period: Instant): void {
    this.#period = period;
    this.#usage.board.restart();
  }

  /** At most one tick per `tickMs`; after a pause the next change leaves at once. */
  #schedule(): void {
    if (this.#timer !== null || this.#closed) return;
    const waitMs = this.#lastTick + this.#options.tickMs - performance.now();
    const tick = (): void => this.#tick();
    this.#timer = waitMs <= 0 ? setImmediate(tick) : setTimeout(tick, waitMs);
  }

  #stopTimer(): void {
    if (this.#timer === null) return;
    clearImmediate(this.#timer as NodeJS.Immediate);
    clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = null;
  }

  #tick(): void {
    this.#timer = null;
    this.#lastTick = performance.now();
    this.#usage.board.tick(() => this.flush());
    this.#accounts.board.tick(() => this.flush());
    this.#uncork();
    this.#news.flush();
  }

  #uncork(): void {
    for (const connection of this.#outbox.corked.splice(0)) connection.uncork();
  }

  /** The clock is looked at only while somebody watches. */
  #counting(metrics: LiveMetrics): LiveMetrics {
    return {
      ...metrics,
      subscriptions: (channel, change) => {
        metrics.subscriptions(channel, change);
        this.#streams += change;
        if (this.#streams === 0) this.#stopSweeps();
        else if (this.#sweeps === null && !this.#closed) this.#startSweeps();
      },
    };
  }

  #startSweeps(): void {
    this.#sweeps = setInterval(() => this.#sweep(), SWEEP_MS).unref();
    // Nobody looked since the last viewer left.
    this.#sweep();
  }

  #stopSweeps(): void {
    if (this.#sweeps !== null) clearInterval(this.#sweeps);
    this.#sweeps = null;
  }

  #sweep(): void {
    const period = this.#presentPeriod();
    if (period > this.#period) this.#beginPeriod(period);
    void this.#access.sweep();
    if (performance.now() - this.#lastRollCall < ROLL_CALL_MS) return;
    this.#lastRollCall = performance.now();
    this.#callRoll().catch((error) => this.#options.onError?.(error));
  }

  /** A server that died between its commit and its notification told nobody: the trees' versions tell. */
  async #callRoll(): Promise<void> {
    for (const root of new Set([...this.#usage.board.roots, ...this.#accounts.board.roots])) {
      const version = await this.#options.source.version(root);
      this.#usage.board.expect(root, version);
      this.#accounts.board.expect(root, version);
    }
  }
}

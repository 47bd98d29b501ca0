import { type AccountId, type Clock, FairQueue } from '@tenantree/domain';
import { AccessWatch } from './access-watch.ts';
import type { Channel, Placed } from './channel.ts';
import type { HeldBack } from './connection.ts';
import { LiveChannel, type Shown, type Station } from './live-channel.ts';
import { LiveStream, type Watch } from './live-stream.ts';
import { type NewsCarrier, Newsroom, NO_NEWS, Parts, readNews, type TreeNews } from './news.ts';
import type { AccessChange, LiveMetrics } from './ports.ts';

/** States that are read at one time, of all viewers and of one: fewer than there are connections to the database. */
const READS = { most: 8, each: 2 } as const;
/** How often the clock is looked at for tokens and suspensions, gaps and eras. */
const SWEEP_MS = 250;
/** How often the database is asked whether a tree changed without anybody telling. */
const ROLL_CALL_MS = 10_000;

/** What a hub is given. */
export type HubOptions<Source> = {
  /** What its channels read from. */
  readonly source: Source;
  /** The present version of the tree that an account is in; 0 before its first change. */
  readonly version: (account: AccountId) => Promise<number>;
  readonly clock: Clock;
  /** Least time between two frames of one audience, in milliseconds. */
  readonly tickMs: number;
  /** Names this server among those that share the database. */
  readonly serverId: string;
  /** Carries texts to the other servers; what they send is given to `receive`. None for a server that is alone. */
  readonly news?: Pick<NewsCarrier, 'maxBytes' | 'publish'>;
  readonly metrics?: LiveMetrics;
  /** Told what went wrong behind the scenes; nothing of it is lost, it is tried again. */
  readonly onError?: (error: unknown) => void;
};

/** What a version of a tree changed on a channel: of these accounts the state is read; null: who knows of which. */
export type Changed = {
  readonly ids: readonly AccountId[] | null;
  /** Accounts came to where their state is news. */
  readonly moved?: true;
};

/** For a hub that nobody measures. */
const UNCOUNTED: LiveMetrics = {
  viewings: () => undefined,
  frames: () => undefined,
  skipped: () => undefined,
  revoked: () => undefined,
};

/** Opens a hub with these channels. */
export const openHub = <Source>(
  channels: readonly Channel<Source, unknown, object>[],
  { source, ...options }: HubOptions<Source>,
): Hub =>
  new Hub(options, (station) =>
    channels.map((channel) => new LiveChannel({ channel, read: (asked) => channel.read(source, asked) }, station)),
  );

/**
 * Where everything that was committed meets everybody who watches (performance.md 1). It keeps no state of accounts: what changed since
 * the last tick is kept by account and sent as state, so that frames per viewer don't grow with the rate of changes, and whoever is slow
 * or was away gets the latest state instead of everything that led to it. README.md explains the words.
 */
export class Hub {
  readonly #options: Omit<HubOptions<never>, 'source'>;
  readonly #channels: ReadonlyMap<string, LiveChannel<unknown, object>>;
  readonly #heldBack: HeldBack = [];
  readonly #access: AccessWatch;
  readonly #news: Newsroom;
  readonly #parts = new Parts();
  #sweeps: NodeJS.Timeout | null = null;
  #viewings = 0;
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #lastTick = Number.NEGATIVE_INFINITY;
  #lastRollCall = performance.now();
  #closed = false;

  /** @param open opens its channels */
  constructor(options: Omit<HubOptions<never>, 'source'>, open: (station: Station) => LiveChannel<unknown, object>[]) {
    this.#options = options;
    const metrics = this.#counting(options.metrics ?? UNCOUNTED);
    const nowMs = (): number => options.clock.nowMs();
    const onError = (error: unknown): void => options.onError?.(error);
    this.#news = new Newsroom(options.serverId, options.news ?? NO_NEWS);
    this.#access = new AccessWatch({ nowMs, onError, onCut: () => metrics.revoked() });
    const channels = open({
      access: this.#access,
      turns: new FairQueue(READS.most, READS.each),
      metrics,
      nowMs,
      version: options.version,
      heldBack: this.#heldBack,
      schedule: () => this.#schedule(),
      onError,
    });
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
  }

  /** What somebody watches at the moment: different audiences, and trees they are in. */
  get watched(): { readonly audiences: number; readonly trees: number } {
    const channels = [...this.#channels.values()];
    return { audiences: channels.reduce((sum, { audiences }) => sum + audiences, 0), trees: this.#roots.size };
  }

  /**
   * A viewing of a channel: of the subtree of an account, or of some of it. The first frame comes at once, even if it is empty.
   *
   * @param find finds out what to watch; what it throws becomes the stream's error
   */
  watch<State, Frame extends object>(
    channel: Channel<never, State, Frame>,
    find: () => Watch | Promise<Watch>,
    signal?: AbortSignal,
  ): LiveStream<State, Frame> {
    return new LiveStream(this.#of(channel), find, signal);
  }

  /** A version of a tree was committed here that changed states of one channel, and these are known. */
  show<State, Frame extends object>(
    channel: Channel<never, State, Frame>,
    { root, version, states, ...shown }: Shown & Told<State>,
  ): void {
    const ids = shown.complete ? states.map(({ account }) => account) : null;
    this.#news.note(root, version, { [channel.name]: { ids } });
    this.#schedule();
    for (const other of this.#channels.values()) if (other.name !== channel.name) other.unchanged(root, version);
    this.#of(channel).show(root, version, states, shown);
  }

  /** A version of a tree was committed here. @param changed what it changed, by the names of channels; nothing on those that are not named */
  changed(root: AccountId, version: number, changed: Readonly<Record<string, Changed>>): void {
    this.#news.note(root, version, changed);
    this.#schedule();
    for (const [name, channel] of this.#channels) {
      const on = changed[name];
      if (on) channel.changed(root, version, on.ids);
      else channel.unchanged(root, version);
    }
  }

  /** Somebody's access may have changed here. Resolves when those of this server who lost it are cut. */
  async accessChanged(change: AccessChange): Promise<void> {
    this.#news.tellAccess(change);
    await this.#access.changed(change);
  }

  /** Takes the news of another server. */
  receive(text: string): void {
    const news = readNews(text);
    if (news === null) return this.resync();
    if (news.from === this.#options.serverId) return;
    for (const tree of news.trees) {
      const whole = this.#parts.take(news.from, tree);
      if (whole) this.#take(whole);
    }
    for (const change of news.access) void this.#access.changed(change);
  }

  /** News may have been lost: reads what changed in every tree that is watched, and asks about every viewer again. */
  resync(): void {
    for (const channel of this.#channels.values()) for (const root of channel.roots) channel.changed(root, null, null);
    void this.#access.recheckAll();
  }

  /** Sends at once whatever waits for the next tick. */
  flush(): void {
    for (const channel of this.#channels.values()) channel.flush();
    this.#letGo();
    this.#news.flush();
  }

  /** Sends what waits and stops. Streams that are still open stay silent. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#stopSweeps();
    this.#stopTimer();
  }

  get #roots(): ReadonlySet<AccountId> {
    return new Set([...this.#channels.values()].flatMap(({ roots }) => [...roots]));
  }

  #of<State, Frame extends object>(channel: Channel<never, State, Frame>): LiveChannel<State, Frame> {
    const live: unknown = this.#channels.get(channel.name);
    if (live instanceof LiveChannel && live.channel === channel) return live;
    throw new Error(`This hub has no channel ${channel.name}.`);
  }

  /** Another server committed these versions. */
  #take({ root, versions, changed, moved = [] }: TreeNews): void {
    for (const version of versions)
      for (const [name, channel] of this.#channels) {
        const ids = changed[name];
        if (ids === undefined) channel.unchanged(root, version);
        else if (ids === null || moved.includes(name)) channel.changed(root, version, ids);
        else channel.changedInPlace(root, version, ids);
      }
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
    for (const channel of this.#channels.values()) channel.tick(() => this.flush());
    this.#letGo();
    this.#news.flush();
  }

  #letGo(): void {
    for (const connection of this.#heldBack.splice(0)) connection.letGo();
  }

  /** The clock is looked at only while somebody watches. */
  #counting(metrics: LiveMetrics): LiveMetrics {
    return {
      ...metrics,
      viewings: (channel, change) => {
        metrics.viewings(channel, change);
        this.#viewings += change;
        if (this.#viewings === 0) this.#stopSweeps();
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
    for (const channel of this.#channels.values()) channel.lookAtClock();
    void this.#access.sweep();
    if (performance.now() - this.#lastRollCall < ROLL_CALL_MS) return;
    this.#lastRollCall = performance.now();
    this.#callRoll().catch((error) => this.#options.onError?.(error));
  }

  /** A server that died between its commit and its news told nobody: the trees' versions tell. */
  async #callRoll(): Promise<void> {
    for (const root of this.#roots) {
      const version = await this.#options.version(root);
      for (const channel of this.#channels.values()) channel.expect(root, version);
    }
  }
}

/** States that a version of a tree changed. */
type Told<State> = {
  readonly root: AccountId;
  /** Handed out by the database in commit order, without holes. */
  readonly version: number;
  readonly states: readonly Placed<State>[];
};

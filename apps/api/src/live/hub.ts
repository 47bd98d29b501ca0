import type { JournalNews } from '@tenantree/db';
import { type AccountId, type Clock, FairQueue } from '@tenantree/domain';
import { granted } from '../hall/refused.ts';
import { AccessWatch } from './access-watch.ts';
import { type Bell, Bells, bellText, Listening } from './bells.ts';
import type { Channel, Placed } from './channel.ts';
import type { HeldBack } from './connection.ts';
import { CutCount, type StreamCuts } from './cut-count.ts';
import { type JournalSource, JournalWatch } from './journal-watch.ts';
import { LiveChannel, type Shown, type Station } from './live-channel.ts';
import { LiveStream, type Watch } from './live-stream.ts';
import { type NewsCarrier, Newsroom, NO_NEWS, Parts, readNews, type TreeNews } from './news.ts';
import type { LiveMetrics, SupposedCaps, Viewer } from './ports.ts';
import { parseResumeId, resumeIdOf } from './resume-id.ts';
import { SharedReads } from './shared-reads.ts';

/** States that are read at one time, of all viewers and of one: fewer than there are connections to the database. */
const READS = { most: 8, each: 2 } as const;
/** How often the clock is looked at for tokens and suspensions, gaps and eras. */
const SWEEP_MS = 250;
/** How often the database is asked whether something happened without anybody telling. */
const ROLL_CALL_MS = 1_000;

/** What a hub is given. */
export type HubOptions<Source> = {
  /** What its channels read from. */
  readonly source: Source;
  /** The present version of the tree that an account is in; 0 before its first change. */
  readonly version: (account: AccountId) => Promise<number>;
  readonly journal: JournalSource;
  readonly clock: Clock;
  /** Least time between two frames of one audience, in milliseconds. */
  readonly tickMs: number;
  /** Names this server among those that share the database. */
  readonly serverId: string;
  /** How many of them live, this one among them. Not asked where there is nobody to tell. */
  readonly servers?: () => Promise<number>;
  /** Carries texts to the other servers; what they send is given to `receive`. None for a server that is alone. */
  readonly news?: Pick<NewsCarrier, 'maxBytes' | 'publish'>;
  readonly metrics?: LiveMetrics;
  /** Told what went wrong behind the scenes; nothing of it is lost, it is tried again. */
  readonly onError?: (error: unknown) => void;
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
 * Where everything that was committed meets everybody who watches (rules/live 1). It keeps no state of accounts: what changed since
 * the last tick is kept by account and sent as state, so that frames per viewer don't grow with the rate of changes, and whoever is slow
 * or was away gets the latest state instead of everything that led to it. README.md explains the words.
 */
export class Hub {
  readonly #options: Omit<HubOptions<never>, 'source'>;
  readonly #channels: ReadonlyMap<string, LiveChannel<unknown, object>>;
  readonly #heldBack: HeldBack = [];
  readonly #access: AccessWatch;
  readonly #news: Newsroom;
  readonly #cuts: CutCount;
  readonly #journal: JournalWatch;
  readonly #parts = new Parts();
  readonly #bells = new Bells();
  /** What those who listen to one bell look at. */
  readonly shared = new SharedReads();
  readonly #metrics: LiveMetrics;
  #sweeps: NodeJS.Timeout | null = null;
  #viewings = 0;
  #questions = 0;
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #lastTick = Number.NEGATIVE_INFINITY;
  #lastRollCall = performance.now();
  #closed = false;

  /** @param open opens its channels */
  constructor(options: Omit<HubOptions<never>, 'source'>, open: (station: Station) => LiveChannel<unknown, object>[]) {
    this.#options = options;
    const metrics = this.#counting(options.metrics ?? UNCOUNTED);
    this.#metrics = metrics;
    const nowMs = (): number => options.clock.nowMs();
    const onError = (error: unknown): void => options.onError?.(error);
    this.#news = new Newsroom(options.serverId, options.news ?? NO_NEWS);
    this.#access = new AccessWatch({ nowMs, onError, onCut: () => metrics.revoked() });
    this.#cuts = new CutCount({
      tell: (what) => this.#news.speak(what),
      servers: options.servers ?? (async () => 1),
      count: (supposed) => this.#access.countCuts(supposed),
      newId: () => `${options.serverId}:${(this.#questions += 1)}`,
    });
    const channels = open({
      access: this.#access,
      turns: new FairQueue(READS.most, READS.each),
      metrics,
      nowMs,
      version: options.version,
      ready: () => this.#journal.ready(),
      epoch: () => this.#journal.epoch,
      heldBack: this.#heldBack,
      schedule: () => this.#schedule(),
      onError,
    });
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    this.#journal = new JournalWatch({
      journal: options.journal,
      tell: (news) => this.#tell(news),
      onMoved: (root) => this.#ringTree(root),
      expect: (root, version) => {
        for (const channel of this.#channels.values()) channel.expect(root, version);
      },
      onLost: (root) => this.#access.cutTree(root),
      onOtherHistory: () => {
        for (const channel of this.#channels.values()) channel.beginAnew();
      },
    });
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

  /**
   * The version of a tree that whoever watches something in it has everything up to: by the id of the last frame that they saw, or of
   * the answer that they go on from; null when they saw nothing. An id of another tree, or of a database that has been restored since, is of no use: they
   * are sent what there is, and told so.
   *
   * @throws Refused BAD_REQUEST when it is not one of ours
   */
  async since(root: AccountId, lastEventId: string | undefined): Promise<number | null> {
    await this.#journal.ready();
    return granted(parseResumeId(lastEventId, this.#journal.epoch, root));
  }

  /**
   * How answers say where whoever watches something in a tree goes on from. To be asked for before what is answered is read: then the id
   * names no later history of the database than the answer is of, and nothing is lost between them.
   */
  async resumeIds(root: AccountId): Promise<(version: number) => string> {
    await this.#journal.ready();
    const { epoch } = this.#journal;
    return (version) => resumeIdOf(epoch, root, version);
  }

  /** A version of a tree was committed here that changed states of one channel, and maybe of another one beside it, and these are known. */
  show<State, Frame extends object, Other, OtherFrame extends object>(
    channel: Channel<never, State, Frame>,
    { root, version, states, ...shown }: Shown & Told<State>,
    beside?: Beside<Other, OtherFrame>,
  ): void {
    const told = [
      this.#shown(channel, states),
      ...(beside?.states.length ? [this.#shown(beside.channel, beside.states)] : []),
    ];
    this.#schedule();
    for (const live of this.#channels.values())
      if (!told.some(({ name }) => name === live.name)) live.unchanged(root, version);
    for (const { name, ids, show } of told) {
      this.#news.note(root, version, name, shown.complete ? ids : null);
      show(root, version, shown);
    }
  }

  /**
   * Says when to look at something that has no versions: at once, then whenever its bell has rung, once a tick at the most, and whenever
   * the roll is called, since that may not have been heard. Until its viewer leaves.
   *
   * @returns how often it has been worth looking
   * @throws TRPCError with the refusal when access ends
   */
  async *listen(bell: Bell, viewer: Viewer, signal?: AbortSignal): AsyncGenerator<number, void, undefined> {
    const listening = new Listening(bell, viewer);
    const leave = (): void => listening.end();
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave, { once: true });
    this.#bells.add(listening);
    this.#access.add(listening);
    this.#metrics.viewings(bell.of, 1);
    try {
      for (let looks = 1; await listening.next(); looks += 1) yield looks;
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#bells.remove(listening);
      this.#access.remove(listening);
      this.#metrics.viewings(bell.of, -1);
    }
  }

  /** What a bell stands for was changed, and that was committed here: whoever listens to it, here or at other servers, looks again. */
  ring(bell: Bell): void {
    const text = bellText(bell);
    this.#news.ring(text);
    this.#bells.ring(text);
    this.#schedule();
  }

  /** How many live streams other caps of an account would cut, at all servers. */
  countCuts(supposed: SupposedCaps): Promise<StreamCuts> {
    return this.#cuts.ask(supposed);
  }

  /** Rows of a journal were committed here. */
  happened(news: JournalNews): void {
    this.#news.tell(news);
    this.#schedule();
    this.#journal.heard(news);
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
    for (const row of news.rows) this.#journal.heard(row);
    if (news.asks) this.#cuts.asked(news.asks);
    if (news.answers) this.#cuts.answered(news.answers);
    for (const bell of news.rang ?? []) if (this.#bells.ring(bell)) this.#schedule();
  }

  /** News may have been lost: looks at once for what nobody told of. */
  resync(): void {
    this.#bells.ringAll();
    this.#callRoll();
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
    const listened = [...this.#bells].flatMap(({ viewer: { path } }) => path.slice(0, 1));
    return new Set([...listened, ...[...this.#channels.values()].flatMap(({ roots }) => [...roots])]);
  }

  /** States that are known, on their channel. */
  #shown<State, Frame extends object>(channel: Channel<never, State, Frame>, states: readonly Placed<State>[]) {
    const live = this.#of(channel);
    return {
      name: channel.name,
      ids: states.map(({ account }) => account),
      show: (root: AccountId, version: number, shown: Shown): void => live.show(root, version, states, shown),
    };
  }

  #of<State, Frame extends object>(channel: Channel<never, State, Frame>): LiveChannel<State, Frame> {
    const live: unknown = this.#channels.get(channel.name);
    if (live instanceof LiveChannel && live.channel === channel) return live;
    throw new Error(`This hub has no channel ${channel.name}.`);
  }

  /** Another server committed these versions. */
  #take({ root, versions, changed }: TreeNews): void {
    for (const version of versions)
      for (const [name, channel] of this.#channels) {
        const ids = changed[name];
        if (ids === undefined) channel.unchanged(root, version);
        else if (ids === null) channel.changed(root, version, ids);
        else channel.changedInPlace(root, version, ids);
      }
  }

  /** What rows of a journal mean: here they are told to those who watch. */
  #tell(news: JournalNews): void {
    const { root, version, rights } = news;
    for (const live of this.#channels.values()) {
      const ids = live.channel.happened?.(news);
      if (version !== null) {
        if (ids === undefined) live.unchanged(root, version);
        else live.changed(root, version, ids);
      }
      const top = live.channel.touchedBelow?.(news);
      if (top !== undefined) live.changedBelow(root, version, top);
    }
    if (rights) void this.#access.changed(rights);
    this.#ringTree(root);
  }

  #ringTree(root: AccountId): void {
    this.#bells.ringTree(root);
    this.#schedule();
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
    this.#bells.flush();
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
    const isDue = performance.now() - this.#lastRollCall >= ROLL_CALL_MS;
    if (isDue || !this.#journal.follows(this.#roots)) this.#callRoll();
  }

  /** A server that died between its commit and its news told nobody: the journals' heads tell. */
  #callRoll(): void {
    this.#lastRollCall = performance.now();
    this.#bells.ringInCase(this.#lastRollCall);
    this.#journal.look(this.#roots).catch((error) => this.#options.onError?.(error));
  }
}

/** States of a channel that a version changed, too. */
export type Beside<State, Frame extends object> = {
  readonly channel: Channel<never, State, Frame>;
  readonly states: readonly Placed<State>[];
};

/** States that a version of a tree changed. */
type Told<State> = {
  readonly root: AccountId;
  /** Handed out by the database in commit order, without holes. */
  readonly version: number;
  readonly states: readonly Placed<State>[];
};

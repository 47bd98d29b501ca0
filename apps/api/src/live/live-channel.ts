import { type AccountId, type FairQueue, type Instant, instantOf } from '@tenantree/domain';
import type { AccessWatch } from './access-watch.ts';
import { Audience, Index, type Scope, scopeKey, watchOf } from './audience.ts';
import { Broadcast, type Loaded, type PlacedItem } from './broadcast.ts';
import {
  type Channel,
  type Content,
  eraOf,
  type Gone,
  type Item,
  itemOf,
  type Placed,
  type ReadState,
  type StateAsked,
  type StateQuery,
} from './channel.ts';
import type { HeldBack } from './connection.ts';
import type { LiveMetrics, Viewer } from './ports.ts';
import { resumeIdOf } from './resume-id.ts';
import { type Batch, type Home, type Renewal, SharedReads, type Snapshot, Viewing } from './viewing.ts';

/** What all channels of a hub share. */
export type Station = {
  readonly access: AccessWatch;
  /** Whose state is read next. */
  readonly turns: FairQueue;
  readonly metrics: LiveMetrics;
  readonly nowMs: () => number;
  /** The present version of the tree that an account is in. */
  readonly version: (account: AccountId) => Promise<number>;
  /** Which history of the database its versions are of, as soon as it is ready. */
  readonly epoch: () => string;
  readonly ready: () => Promise<void>;
  readonly heldBack: HeldBack;
  /** Something waits for the next tick. */
  readonly schedule: () => void;
  readonly onError: (error: unknown) => void;
};

/** A channel with its source. */
type Tuned<State, Frame extends object> = {
  readonly channel: Channel<never, State, Frame>;
  readonly read: (asked: StateAsked) => Promise<ReadState<State>>;
};

/** An audience, the broadcast that it follows, and the reads of its viewers. */
type Place<State> = {
  readonly audience: Audience<State>;
  readonly broadcast: Broadcast<State>;
  readonly reads: SharedReads<State>;
  readonly home: Home<State>;
};

/** A channel on this hub: who watches what on it, and how far each tree has been published. */
export class LiveChannel<State, Frame extends object> {
  readonly channel: Channel<never, State, Frame>;
  readonly #read: Tuned<State, Frame>['read'];
  readonly #station: Station;
  readonly #broadcasts = new Map<AccountId, Broadcast<State>>();
  readonly #places = new Map<string, Place<State>>();
  readonly #index = new Index<Audience<State>>();
  readonly #active = new Set<Audience<State>>();
  /** JSON of first frames that are the same for several viewers, by their items. */
  readonly #bodies = new WeakMap<readonly Item<State>[], string>();
  #era: Instant;

  constructor({ channel, read }: Tuned<State, Frame>, station: Station) {
    this.channel = channel;
    this.#read = read;
    this.#station = station;
    this.#era = this.#presentEra();
  }

  get name(): string {
    return this.channel.name;
  }

  /** Roots of the trees that somebody watches. */
  get roots(): Iterable<AccountId> {
    return this.#broadcasts.keys();
  }

  /** How many different things somebody watches. */
  get audiences(): number {
    return this.#places.size;
  }

  /** Opens a viewing. It is watched over from here on: access may end while its state is being read. @param since id that the viewer has everything up to; 0: nothing; null: from now on */
  join(scope: Scope, viewer: Viewer, since: number | null): Viewing<State> {
    const { audience, home } = this.#placeOf(rootOf(viewer), scope);
    const { access, metrics } = this.#station;
    const viewing = new Viewing<State>(viewer, home, since ?? 0);
    audience.attach(viewing);
    access.add(viewing);
    metrics.viewings(this.name, 1);
    return viewing;
  }

  /**
   * Reads a viewing's first state.
   *
   * @param room resolves when it can be sent something
   * @returns what its first frame holds; null when it has ended
   */
  async begin(
    viewing: Viewing<State>,
    scope: Scope,
    since: number | null,
    room: () => Promise<void> = async () => undefined,
  ): Promise<Batch<State> | null> {
    const place = this.#places.get(scopeKey(scope));
    if (!place) return null;
    await this.#station.ready();
    await this.#begin(place, viewing, since);
    await room();
    // While there was none, what had been read may have become too little.
    while (viewing.stale && viewing.phase !== 'ended') {
      await this.#begin(place, viewing, viewing.sent);
      await room();
    }
    return viewing.phase === 'starting' ? viewing.first() : null;
  }

  /** A viewing's first frame is on its way: from now on the ticks serve it. */
  start(viewing: Viewing<State>, scope: Scope): void {
    const place = this.#places.get(scopeKey(scope));
    viewing.start();
    if (place) this.#serveSoon(place.audience, viewing);
  }

  /** A frame for whoever takes objects. */
  frameOf(batch: Batch<State>): Frame {
    this.#sent(1, 0);
    return this.channel.frame(batch.id, batch, this.#era);
  }

  /** The JSON of a first frame behind its version. */
  firstBody(batch: Batch<State>): string {
    const known = this.#bodies.get(batch.items);
    if (known !== undefined) return known;
    const body = this.#body(batch);
    this.#bodies.set(batch.items, body);
    return body;
  }

  /** Counts a frame that was written to a socket. */
  firstSent(bytes: number): void {
    this.#sent(1, bytes);
  }

  /** States were committed in a version of a tree. @param complete false when more changed than is listed @param era of the states */
  show(root: AccountId, version: number, states: readonly Placed<State>[], { complete, era }: Shown): void {
    if (era !== undefined && era > this.#era) this.#beginEra(era);
    if (era !== undefined && era < this.#era) return this.#broadcasts.get(root)?.track.mark(version);
    if (!complete) return this.changed(root, version, null);
    this.#broadcasts.get(root)?.publish(version, itemsOf(states, version));
  }

  /** A version of a tree changed nothing on this channel. */
  unchanged(root: AccountId, version: number): void {
    this.#broadcasts.get(root)?.publish(version, []);
  }

  /** Accounts of a tree (null: who knows which) changed in a version (null: in any): their state is read and published. */
  changed(root: AccountId, version: number | null, ids: readonly AccountId[] | null): void {
    const broadcast = this.#broadcasts.get(root);
    if (!broadcast) return;
    broadcast.request(version, ids);
    this.#station.schedule();
  }

  /**
   * What all states at and below an account are made of changed in a version (null: in one that somebody may have begun after): whoever
   * watches something there reads that again. How much stands below is no matter.
   */
  changedBelow(root: AccountId, version: number | null, top: AccountId): void {
    for (const audience of this.#broadcasts.get(root)?.audiences ?? []) {
      const { within, only } = audience.scope;
      const isBelow = within !== top && audience.path.includes(top);
      // Some of those that are watched by name may stand there: reading tells.
      if (!isBelow && only === null) continue;
      audience.rereadAfter(version === null ? null : version - 1);
      this.#active.add(audience);
      this.#station.schedule();
    }
  }

  /** The same, where nothing came to another place: then it is enough to read the accounts that somebody watches. */
  changedInPlace(root: AccountId, version: number, ids: readonly AccountId[]): void {
    const broadcast = this.#broadcasts.get(root);
    if (!broadcast) return;
    // What left is told to those who watched the children of an account, too: they name none of them.
    const isEnough = !this.channel.gone && broadcast.listsOnly;
    const watched = isEnough ? ids.filter((id) => this.#index.names(id)) : ids;
    if (watched.length > 0) this.changed(root, version, watched);
    else broadcast.publish(version, []);
  }

  /** A version of a tree is known to exist. If what it changed doesn't become known within a tick, it is read. */
  expect(root: AccountId, version: number): void {
    const broadcast = this.#broadcasts.get(root);
    broadcast?.track.expect(version);
    if (broadcast?.track.behind) this.#station.schedule();
  }

  /** Another history of the database begins: whoever watches is sent what there is, and told so. */
  beginAnew(): void {
    for (const broadcast of this.#broadcasts.values()) {
      broadcast.beginAnew();
      for (const audience of broadcast.audiences) this.#renew(audience, 'anew');
    }
  }

  /** Looks at the clock: another era may have begun. */
  lookAtClock(): void {
    const era = this.#presentEra();
    if (era > this.#era) this.#beginEra(era);
  }

  /** One tick: sends what changed, and starts the reads that were asked for; what they find is sent as soon as it is there. */
  tick(onRead: () => void): void {
    for (const broadcast of this.#broadcasts.values()) {
      broadcast.closeHole();
      if (broadcast.track.behind) this.#station.schedule();
      if (!broadcast.wanting) continue;
      broadcast.read().then(
        (found) => found && onRead(),
        (error) => {
          this.#station.onError(error);
          this.#station.schedule();
        },
      );
    }
    this.flush();
  }

  /** Sends what has changed. */
  flush(): void {
    for (const audience of this.#active) {
      audience.flush((viewing) => this.#reread(audience, viewing));
      if (!audience.waiting) this.#active.delete(audience);
    }
    if (this.#active.size > 0) this.#station.schedule();
  }

  /** The hub's side of the sockets that this channel writes to. */
  get heldBack(): HeldBack {
    return this.#station.heldBack;
  }

  #idOf(root: AccountId, version: number): string {
    return resumeIdOf(this.#station.epoch(), root, version);
  }

  #presentEra(): Instant {
    return eraOf(this.channel, instantOf(this.#station.nowMs()));
  }

  /** What waits is of an era that is over. */
  #beginEra(era: Instant): void {
    this.#era = era;
    for (const { audience } of this.#places.values()) {
      audience.restart();
      this.#active.add(audience);
    }
    this.#station.schedule();
  }

  readonly #body = (content: Content<State>): string => this.channel.body(content, this.#era);

  readonly #sent = (frames: number, bytes: number): void => this.#station.metrics.frames(this.name, frames, bytes);

  /** Reads states as items. An era that begins meanwhile makes what was read worthless: it is read again. */
  readonly #load = async (query: StateQuery): Promise<Loaded<State>> => {
    for (;;) {
      const era = this.#era;
      const { placed, ...state } = await this.#read({ ...query, now: instantOf(this.#station.nowMs()), era });
      if (era !== this.#era) continue;
      const items = placed.map(({ account, path, state: present, version }) => ({
        path,
        item: itemOf(account, present, version),
      }));
      return { ...state, placed: items };
    }
  };

  async #begin(place: Place<State>, viewing: Viewing<State>, since: number | null): Promise<void> {
    const { broadcast, reads } = place;
    viewing.read();
    let from = since;
    let snapshot = await reads.read(from, viewing.viewer.turn);
    while ((snapshot.version < broadcast.skippedTo || viewing.againSince !== null) && viewing.phase !== 'ended') {
      from = viewing.againSince ?? from;
      viewing.againSince = null;
      snapshot = await reads.read(from, viewing.viewer.turn);
    }
    if (viewing.phase === 'ended') return;
    if (broadcast.begun) broadcast.track.expect(snapshot.version);
    else broadcast.skipTo(snapshot.version);
    viewing.begin(snapshot);
    if (broadcast.wanting || broadcast.track.behind) this.#station.schedule();
  }

  /** Reads again what a reader missed who fell too far behind. */
  #reread(audience: Audience<State>, viewing: Viewing<State>): void {
    const place = this.#places.get(audience.key);
    if (place) void this.#beginAgain(place, viewing);
  }

  async #beginAgain(place: Place<State>, viewing: Viewing<State>): Promise<void> {
    try {
      await this.#begin(place, viewing, viewing.sent);
      viewing.start();
      this.#serveSoon(place.audience, viewing);
    } catch (error) {
      this.#station.onError(error);
      viewing.end(new Error('The state could not be read again.', { cause: error }));
    }
  }

  #serveSoon(audience: Audience<State>, viewing: Viewing<State>): void {
    audience.settle(viewing);
    if (viewing.phase !== 'behind' || !viewing.waiting) return;
    this.#active.add(audience);
    this.#station.schedule();
  }

  readonly #place = ({ path, item }: PlacedItem<State>): void => {
    for (const audience of this.#index.watching(path, item.account)) this.#put(audience, item);
  };

  #put(audience: Audience<State>, item: Item<State>): void {
    audience.add(this.#shown(audience.scope, item));
    if (this.#active.size === 0) this.#station.schedule();
    this.#active.add(audience);
  }

  #shown({ sight, within }: Scope, item: Item<State>): Item<State> {
    const { account, state, version } = item;
    return sight === 'part' && this.channel.inPart
      ? itemOf(account, this.channel.inPart(state, within), version)
      : item;
  }

  /** Tells those who watched an account where it was that it left; or where it is now, if that is below the account that they watch. */
  readonly #takeAway = ({ path, account, version }: Gone, now: PlacedItem<State> | undefined): void => {
    if (!this.channel.gone) return;
    const item = itemOf(account, this.channel.gone(account), version);
    for (const audience of this.#index.watching(path, account))
      this.#put(audience, now?.path.includes(audience.scope.within) ? now.item : item);
  };

  /** Accounts came from elsewhere to below these: whoever watches some of them by name there was not told of them meanwhile. */
  #onMoved(broadcast: Broadcast<State>, above: readonly AccountId[]): void {
    for (const audience of broadcast.audiences) {
      const { within, only } = audience.scope;
      if (only !== null && within !== audience.root && above.includes(within)) this.#renew(audience, 'all');
    }
  }

  #renew(audience: Audience<State>, what: Renewal): void {
    audience.renew(what);
    this.#active.add(audience);
    this.#station.schedule();
  }

  #placeOf(root: AccountId, scope: Scope): Place<State> {
    const key = scopeKey(scope);
    const known = this.#places.get(key);
    if (known) return known;
    const broadcast = this.#broadcasts.get(root) ?? this.#openBroadcast(root);
    const audience = new Audience<State>(root, scope, {
      reached: () => broadcast.track.reached,
      idOf: (version) => this.#idOf(root, version),
      body: this.#body,
      sent: this.#sent,
      skipped: () => this.#station.metrics.skipped(),
    });
    const reads = new SharedReads<State>((since) => this.#snapshot(scope, broadcast, since), this.#station.turns);
    const home: Home<State> = {
      get id() {
        return audience.id;
      },
      idOf: (version) => this.#idOf(root, version),
      detach: (viewing) => this.#detach(place, viewing),
    };
    const place = { audience, broadcast, reads, home };
    this.#places.set(key, place);
    broadcast.audiences.add(audience);
    this.#index.add(audience);
    return place;
  }

  async #snapshot(scope: Scope, broadcast: Broadcast<State>, since: number | null): Promise<Snapshot<State>> {
    const { within, only, childrenOf } = scope;
    if (since === null) return { version: await this.#station.version(within), from: 0, gap: false, items: [] };
    const { version, from, gap, placed, gone } = await this.#load({
      subtree: within,
      since,
      ...(only && { only }),
      ...(childrenOf && { childrenOf }),
    });
    const { channel } = this;
    const watches = watchOf(scope);
    const left = new Map(gone.filter((one) => watches(one.account, one.path)).map((one) => [one.account, one]));
    const present = placed.filter(({ item, path }) => watches(item.account, path) || left.has(item.account));
    for (const { item } of present) left.delete(item.account);
    const departures = [...left.values()].flatMap(({ account, version: at }) =>
      channel.gone ? [itemOf(account, channel.gone(account), at)] : [],
    );
    const items = [...present.map(({ item }) => item), ...departures];
    broadcast.notice(items);
    return { version, from, gap, items: items.map((item) => this.#shown(scope, item)) };
  }

  #openBroadcast(root: AccountId): Broadcast<State> {
    const broadcast: Broadcast<State> = new Broadcast<State>(root, {
      load: this.#load,
      nowMs: this.#station.nowMs,
      place: this.#place,
      takeAway: this.#takeAway,
      onMoved: (above) => this.#onMoved(broadcast, above),
      onGap: () => {
        for (const audience of broadcast.audiences) this.#renew(audience, 'since');
      },
    });
    this.#broadcasts.set(root, broadcast);
    return broadcast;
  }

  #detach({ audience, broadcast }: Place<State>, viewing: Viewing<State>): void {
    const { access, metrics } = this.#station;
    audience.detach(viewing);
    access.remove(viewing);
    metrics.viewings(this.name, -1);
    if (!audience.empty) return;
    this.#places.delete(audience.key);
    this.#active.delete(audience);
    broadcast.audiences.delete(audience);
    this.#index.delete(audience);
    if (broadcast.audiences.size > 0) return;
    broadcast.close();
    this.#broadcasts.delete(audience.root);
  }
}

/** How states were committed. */
export type Shown = {
  /** False when more changed than is listed: the state after the version is read. */
  readonly complete: boolean;
  /** The era that the states are of, if the channel has eras. */
  readonly era?: Instant;
};

function* itemsOf<State>(states: readonly Placed<State>[], version: number): Generator<PlacedItem<State>> {
  for (const { account, path, state } of states) yield { path, item: itemOf(account, state, version) };
}

/** The tree that a viewer's account is in. */
function rootOf({ path: [root] }: Viewer): AccountId {
  if (root === undefined) throw new Error('An account stands in its own path.');
  return root;
}

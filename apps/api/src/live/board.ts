import type { AccountId } from '@tenantree/domain';
import type { BoardOptions } from './board-options.ts';
import type { Item } from './channel.ts';
import { type Gone, Lane, type Placed } from './lane.ts';
import type { Viewer } from './ports.ts';
import { SnapshotReads } from './snapshot-reads.ts';
import { type Home, type Snapshot, Subscription } from './subscription.ts';
import { type Scope, scopeKey, Topic, watchOf } from './topic.ts';
import { TopicIndex } from './topic-index.ts';

/** A topic, the tree it is in, and the reads of its viewers. */
type Place<State, Frame> = {
  readonly topic: Topic<State, Frame>;
  readonly lane: Lane<State, Frame>;
  readonly reads: SnapshotReads<State>;
  readonly home: Home<State>;
};

/** Everything of one channel: who watches what, and how far each tree has been published. */
export class Board<State, Frame> {
  readonly #options: BoardOptions<State, Frame>;
  readonly #lanes = new Map<AccountId, Lane<State, Frame>>();
  readonly #places = new Map<string, Place<State, Frame>>();
  readonly #index = new TopicIndex<Topic<State, Frame>>();
  readonly #active = new Set<Topic<State, Frame>>();

  constructor(options: BoardOptions<State, Frame>) {
    this.#options = options;
  }

  /** Roots of the trees that somebody watches. */
  get roots(): Iterable<AccountId> {
    return this.#lanes.keys();
  }

  /** How many different things somebody watches. */
  get topics(): number {
    return this.#places.size;
  }

  /** How far a tree has been published, if somebody watches it. */
  lane(root: AccountId): Lane<State, Frame> | undefined {
    return this.#lanes.get(root);
  }

  /** Opens a stream. It is watched over from here on: access may end while its state is being read. @param since id that the viewer has everything up to; 0: nothing; null: from now on */
  join(scope: Scope, viewer: Viewer, since: number | null): Subscription<State> {
    const { topic, home } = this.#placeOf(rootOf(viewer), scope);
    const { access, metrics, channel } = this.#options;
    const member = new Subscription<State>(viewer, home, since ?? 0);
    topic.attach(member);
    access.add(member);
    metrics.subscriptions(channel.name, 1);
    return member;
  }

  /** Reads a stream's first state; it has it when this resolves, if it has not ended. */
  async begin(member: Subscription<State>, scope: Scope, since: number | null): Promise<void> {
    const place = this.#places.get(scopeKey(scope));
    if (place) await this.#begin(place, member, since);
  }

  /** A stream's first frame is on its way: from now on the ticks serve it. */
  start(member: Subscription<State>, scope: Scope): void {
    const place = this.#places.get(scopeKey(scope));
    member.start();
    if (place) this.#serveSoon(place.topic, member);
  }

  /** Accounts of a tree (null: who knows which) changed in a version (null: in any): their state is read and published. */
  request(root: AccountId, version: number | null, ids: readonly AccountId[] | null): void {
    const lane = this.#lanes.get(root);
    if (!lane) return;
    lane.request(version, ids);
    this.#options.schedule();
  }

  /** The same, where it is enough to read the accounts that somebody watches: nothing came to another place. */
  requestWatched(root: AccountId, version: number, ids: readonly AccountId[]): void {
    const lane = this.#lanes.get(root);
    if (!lane) return;
    const watched = lane.listsOnly ? ids.filter((id) => this.#index.names(id)) : ids;
    if (watched.length > 0) this.request(root, version, watched);
    else lane.publish(version, []);
  }

  /** A version of a tree is known to exist. If what it changed doesn't become known within a tick, it is read. */
  expect(root: AccountId, version: number): void {
    const lane = this.#lanes.get(root);
    lane?.track.expect(version);
    if (lane?.track.behind) this.#options.schedule();
  }

  /** What waits is of a period that is over. */
  restart(): void {
    for (const { topic } of this.#places.values()) {
      topic.restart();
      this.#active.add(topic);
    }
    this.#options.schedule();
  }

  /** One tick: sends what changed, and starts the reads that were asked for; what they find is sent as soon as it is there. */
  tick(onRead: () => void): void {
    for (const lane of this.#lanes.values()) {
      lane.closeHole();
      if (lane.track.behind) this.#options.schedule();
      if (!lane.wanting) continue;
      lane.read().then(
        (found) => found && onRead(),
        (error) => {
          this.#options.onError(error);
          this.#options.schedule();
        },
      );
    }
    this.flush();
  }

  /** Sends what has changed. */
  flush(): void {
    for (const topic of this.#active) {
      topic.flush((member) => this.#reread(topic, member));
      if (!topic.waiting) this.#active.delete(topic);
    }
    if (this.#active.size > 0) this.#options.schedule();
  }

  async #begin(place: Place<State, Frame>, member: Subscription<State>, since: number | null): Promise<void> {
    const { lane, reads } = place;
    let snapshot = await reads.read(since, member.viewer.turn);
    while ((snapshot.version < lane.skippedTo || member.readsAll) && member.phase !== 'ended') {
      const from = member.readsAll ? 0 : since;
      member.readsAll = false;
      snapshot = await reads.read(from, member.viewer.turn);
    }
    if (member.phase === 'ended') return;
    if (lane.begun) lane.track.expect(snapshot.version);
    else lane.skipTo(snapshot.version);
    member.begin(snapshot);
    if (lane.wanting || lane.track.behind) this.#options.schedule();
  }

  /** Reads again what a reader missed who fell too far behind. */
  #reread(topic: Topic<State, Frame>, member: Subscription<State>): void {
    const place = this.#places.get(topic.key);
    if (!place) return;
    member.phase = 'reading';
    void this.#beginAgain(place, member);
  }

  async #beginAgain(place: Place<State, Frame>, member: Subscription<State>): Promise<void> {
    try {
      await this.#begin(place, member, member.sent);
      member.start();
      this.#serveSoon(place.topic, member);
    } catch (error) {
      this.#options.onError(error);
      member.end(new Error('The state could not be read again.', { cause: error }));
    }
  }

  #serveSoon(topic: Topic<State, Frame>, member: Subscription<State>): void {
    topic.settle(member);
    if (member.phase !== 'behind' || !member.waiting) return;
    this.#active.add(topic);
    this.#options.schedule();
  }

  readonly #place = ({ path, item }: Placed<State>): void => {
    for (const topic of this.#index.watching(path, item.account)) this.#put(topic, item);
  };

  #put(topic: Topic<State, Frame>, item: Item<State>): void {
    topic.add(this.#shown(topic.scope, item));
    if (this.#active.size === 0) this.#options.schedule();
    this.#active.add(topic);
  }

  #shown({ sight, within }: Scope, item: Item<State>): Item<State> {
    return sight === 'part' ? this.#options.channel.inPart(item, within) : item;
  }

  /** Tells those who watched an account where it was that it left; or where it is now, if that is below the account that they watch. */
  readonly #takeAway = ({ path, account, version }: Gone, now: Placed<State> | undefined): void => {
    if (!this.#options.departed) return;
    const item = this.#options.departed(account, version);
    for (const topic of this.#index.watching(path, account))
      this.#put(topic, now?.path.includes(topic.scope.within) ? now.item : item);
  };

  /** Accounts came from elsewhere to below these: whoever watches some of them by name there was not told of them meanwhile. */
  #onMoved(lane: Lane<State, Frame>, above: readonly AccountId[]): void {
    for (const topic of lane.topics) {
      const { within, only } = topic.scope;
      if (only !== null && within !== topic.root && above.includes(within)) this.#renew(topic, 'all');
    }
  }

  #renew(topic: Topic<State, Frame>, what: 'since' | 'all'): void {
    topic.renew(what);
    this.#active.add(topic);
    this.#options.schedule();
  }

  #placeOf(root: AccountId, scope: Scope): Place<State, Frame> {
    const key = scopeKey(scope);
    const known = this.#places.get(key);
    if (known) return known;
    const lane = this.#lanes.get(root) ?? this.#openLane(root);
    const { channel, metrics } = this.#options;
    const topic = new Topic<State, Frame>(root, scope, { channel, metrics, track: lane.track });
    const reads = new SnapshotReads<State>((since) => this.#snapshot(scope, lane, since), this.#options.turns);
    const home: Home<State> = {
      get id() {
        return topic.id;
      },
      detach: (member) => this.#detach(place, member),
    };
    const place = { topic, lane, reads, home };
    this.#places.set(key, place);
    lane.topics.add(topic);
    this.#index.add(topic);
    return place;
  }

  async #snapshot(scope: Scope, lane: Lane<State, Frame>, since: number | null): Promise<Snapshot<State>> {
    const { within, only, childrenOf } = scope;
    if (since === null) return { version: await this.#options.version(within), from: 0, gap: false, items: [] };
    const { version, from, gap, placed, gone } = await this.#options.load({
      subtree: within,
      since,
      ...(only && { only }),
      ...(childrenOf && { childrenOf }),
    });
    const { departed } = this.#options;
    const watches = watchOf(scope);
    const left = new Map(gone.filter((one) => watches(one.account, one.path)).map((one) => [one.account, one]));
    const present = placed.filter(({ item, path }) => watches(item.account, path) || left.has(item.account));
    for (const { item } of present) left.delete(item.account);
    const departures = [...left.values()].flatMap((one) => (departed ? [departed(one.account, one.version)] : []));
    const items = [...present.map(({ item }) => item), ...departures];
    lane.notice(items);
    return { version, from, gap, items: items.map((item) => this.#shown(scope, item)) };
  }

  #openLane(root: AccountId): Lane<State, Frame> {
    const { load, nowMs } = this.#options;
    const lane: Lane<State, Frame> = new Lane<State, Frame>(root, {
      load,
      nowMs,
      place: this.#place,
      takeAway: this.#takeAway,
      onMoved: (above) => this.#onMoved(lane, above),
      onGap: () => {
        for (const topic of lane.topics) this.#renew(topic, 'since');
      },
    });
    this.#lanes.set(root, lane);
    return lane;
  }

  #detach({ topic, lane }: Place<State, Frame>, member: Subscription<State>): void {
    const { access, metrics, channel } = this.#options;
    topic.detach(member);
    access.remove(member);
    metrics.subscriptions(channel.name, -1);
    if (!topic.empty) return;
    this.#places.delete(topic.key);
    this.#active.delete(topic);
    lane.topics.delete(topic);
    this.#index.delete(topic);
    if (lane.topics.size > 0) return;
    lane.close();
    this.#lanes.delete(topic.root);
  }
}

/** The tree that a viewer's account is in. */
function rootOf({ path: [root] }: Viewer): AccountId {
  if (root === undefined) throw new Error('An account stands in its own path.');
  return root;
}

import type { AccountId } from '@tenantree/domain';
import type { BoardOptions } from './board-options.ts';
import type { Item } from './channel.ts';
import { Lane, type Placed } from './lane.ts';
import type { Viewer } from './ports.ts';
import { SnapshotReads } from './snapshot-reads.ts';
import { type Home, type Snapshot, Subscription } from './subscription.ts';
import { type Scope, scopeKey, Topic } from './topic.ts';

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
  readonly #subtrees = new Map<AccountId, Set<Topic<State, Frame>>>();
  readonly #sets = new Map<AccountId, Set<Topic<State, Frame>>>();
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
    const read = (): Promise<Snapshot<State>> => reads.read(since, member.viewer.turn);
    let snapshot = await read();
    while (snapshot.version < lane.skippedTo && member.phase !== 'ended') snapshot = await read();
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
    for (const account of path) for (const topic of this.#subtrees.get(account) ?? []) this.#put(topic, item);
    const sets = this.#sets.get(item.account);
    if (sets) for (const topic of sets) if (path.includes(topic.scope.within)) this.#put(topic, item);
  };

  #put(topic: Topic<State, Frame>, item: Item<State>): void {
    topic.add(this.#shown(topic.scope, item));
    if (this.#active.size === 0) this.#options.schedule();
    this.#active.add(topic);
  }

  #shown({ sight, within }: Scope, item: Item<State>): Item<State> {
    return sight === 'part' ? this.#options.channel.inPart(item, within) : item;
  }

  /** Tells those who watch a place that an account left it, unless it still stands in what they watch. */
  readonly #takeAway = (
    path: readonly AccountId[],
    account: AccountId,
    version: number,
    now: readonly AccountId[],
  ): void => {
    if (!this.#options.departed) return;
    const item = this.#options.departed(account, version);
    for (const place of path) {
      if (now.includes(place)) continue;
      for (const topic of this.#subtrees.get(place) ?? []) this.#put(topic, item);
    }
  };

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
    for (const [topics, account] of this.#listsOf(scope)) {
      const known = topics.get(account);
      if (known) known.add(topic);
      else topics.set(account, new Set([topic]));
    }
    return place;
  }

  /** Where a topic of this scope is found by the accounts that it is told of. */
  #listsOf({ within, only }: Scope): (readonly [Map<AccountId, Set<Topic<State, Frame>>>, AccountId])[] {
    return only === null ? [[this.#subtrees, within]] : only.map((account) => [this.#sets, account]);
  }

  async #snapshot(scope: Scope, lane: Lane<State, Frame>, since: number | null): Promise<Snapshot<State>> {
    const { within, only } = scope;
    if (since === null) return { version: await this.#options.version(within), items: [] };
    const { version, placed, gone } = await this.#options.load({
      subtree: within,
      since,
      ...(only ? { only } : {}),
    });
    const { departed } = this.#options;
    const present = new Set(placed.map(({ item }) => item.account));
    // A fresh viewer never saw what left; one that resumes is told.
    const left = departed && since > 0 ? gone.filter(({ account }) => !present.has(account)) : [];
    const departures = left.flatMap((one) => (departed ? [departed(one.account, one.version)] : []));
    const items = [...placed.map(({ item }) => item), ...departures];
    lane.notice(items);
    return { version, items: items.map((item) => this.#shown(scope, item)) };
  }

  #openLane(root: AccountId): Lane<State, Frame> {
    const { load, nowMs } = this.#options;
    const lane = new Lane<State, Frame>(root, { load, nowMs, place: this.#place, takeAway: this.#takeAway });
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
    for (const [topics, account] of this.#listsOf(topic.scope)) {
      const known = topics.get(account);
      if (known?.delete(topic) && known.size === 0) topics.delete(account);
    }
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

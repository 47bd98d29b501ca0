import type { AccountId, FairQueue, Refusal } from '@tenantree/domain';
import { toTRPCError } from '../guard/error-shape.ts';
import type { Watched } from './access-watch.ts';
import type { Content, Item, StateBounds } from './channel.ts';
import type { LiveConnection } from './connection.ts';
import type { Entitlement, Viewer } from './ports.ts';

/** Most rows of one frame; the rest follows in the next. */
export const MAX_ROWS = 2_000;
/** Most accounts that are remembered for a reader that fell behind; more than these are read again when it comes back. */
export const MAX_MISSED = 5_000;

/** Of what an id of elsewhere stands for nothing is known, as of a version that is still to come. */
export const UNKNOWN = Number.MAX_SAFE_INTEGER;

/** After what a viewing reads again: its last frame, nothing, or a history of the database that is over. */
export type Renewal = 'since' | 'all' | 'anew';

/** What is sent at once, and the version up to which the viewer has everything then. */
export type Batch<State> = Content<State> & { readonly id: number };

/** A state that was read: everything up to its version is in its items. */
export type Snapshot<State> = StateBounds & { readonly items: readonly Item<State>[] };

/**
 * Where a viewing stands. reading: waits for a state from the database. starting: has it, its first frame is on the way.
 * behind: is served by itself, because it still has rows to get that others have. fast: gets the same bytes as everybody. ended.
 */
export type Phase = 'reading' | 'starting' | 'behind' | 'fast' | 'ended';

/** What a viewing needs to know of the audience it belongs to. */
export type Home<State> = {
  /** Everything of the audience up to this version has been flushed. */
  readonly id: number;
  /** The id of a frame that has everything up to a version. */
  idOf(version: number): string;
  detach(viewing: Viewing<State>): void;
};

/**
 * One viewer's stream, in one audience. Rows that it could not be sent are kept by account, so that only the latest state of each is. There
 * are thousands of these, nearly all of them up to date: what only others need is made when they need it.
 */
export class Viewing<State> implements Watched {
  phase: Phase = 'reading';
  /** More was missed than is remembered: what changed since `sent` has to be read again. */
  stale = false;
  /** What is being read for it is not enough any more: it reads again what changed after this version. Null: it is enough. */
  againSince: number | null = null;
  connection: LiveConnection | null = null;
  /** The request's envelope, `{"id":…,"jsonrpc":"2.0"`: frames to the same envelope are the same bytes. */
  head = '';
  /** Id of the last frame: the viewer has everything up to it. */
  sent: number;
  readonly viewer: Viewer;
  entitlement: Entitlement;
  /** Told when it ends, with the error that it was cut with. */
  onEnd: ((error: Error | null) => void) | null = null;
  readonly #home: Home<State>;
  /** Version of the state that was read last: older changes are in it. */
  #floor = 0;
  /** What of the state has not been sent: `#backlog` from `#at` on. The list may be shared with others who read the same. */
  #backlog: readonly Item<State>[] = [];
  #at = 0;
  #missed: Map<AccountId, Item<State>> | null = null;
  #owesFrame = false;
  /** Its next frame tells of a gap. */
  #gap = false;
  #wake: (() => void) | null = null;
  #error: Error | null = null;

  constructor(viewer: Viewer, home: Home<State>, since: number) {
    this.viewer = viewer;
    this.entitlement = viewer;
    this.#home = home;
    this.sent = since;
  }

  /** From now on it is sent its frames on a socket. */
  attach(connection: LiveConnection, head: string): void {
    this.connection = connection;
    this.head = head;
    connection.viewings += 1;
  }

  /** It waits for a state from the database. What is published until that comes is remembered: it may be newer. */
  read(): void {
    if (this.phase === 'ended') return;
    this.phase = 'reading';
    this.stale = false;
  }

  /** Takes a state that was read; from here on only newer changes are of interest. */
  begin(snapshot: Snapshot<State>): void {
    if (this.phase === 'ended') return;
    if (this.sent > snapshot.version) this.sent = 0;
    const since = snapshot.from === 0 ? 0 : this.sent;
    // One that it was not told of yet is still to be told of.
    this.#gap ||= snapshot.gap;
    this.#floor = snapshot.version;
    this.#at = 0;
    const news = snapshot.items.filter((item) => item.version > since);
    this.#backlog = news.length === snapshot.items.length ? snapshot.items : news;
    for (const [account, item] of this.#missed ?? []) if (item.version <= this.#floor) this.#missed?.delete(account);
    this.phase = 'starting';
    if (this.#backlog.length === 0) this.sent = Math.max(this.sent, this.#floor);
  }

  /** The id that a batch may be resumed from. */
  idOf({ id }: Batch<State>): string {
    return this.#home.idOf(id);
  }

  /** What the first frame holds: the state that was read, or its beginning. */
  first(): Batch<State> {
    return this.#batch(this.#takeBacklog());
  }

  /** From now on it is served: by the ticks when it has a socket, by `next` otherwise. */
  start(): void {
    if (this.phase === 'starting') this.phase = 'behind';
  }

  /** Remembers what it was not sent with the others. */
  note(items: readonly Item<State>[]): void {
    if (this.stale || items.length === 0) return;
    const missed = (this.#missed ??= new Map());
    for (const item of items) if (item.version > this.#floor) missed.set(item.account, item);
    const slow = this.connection === null || this.connection.full;
    if (missed.size > MAX_MISSED && slow && this.phase === 'behind') this.#forget();
  }

  /** What it was sent is not enough: it reads again. */
  renew(what: Renewal): void {
    if (what === 'anew') this.sent = UNKNOWN;
    else if (what === 'all' && this.sent !== UNKNOWN) this.sent = 0;
    if (this.phase !== 'reading') this.#forget();
    // What is being read is read again when it comes; if something was missing in the notes, the version that it is of tells.
    else if (what !== 'since') this.againSince = this.sent;
  }

  /** It reads what changed after a version again, also what it was sent of that. Null: after what it was sent. */
  rereadAfter(version: number | null): void {
    if (this.sent === UNKNOWN) return this.renew('since');
    const since = Math.min(this.sent, version ?? this.sent);
    if (this.phase === 'reading') this.againSince = Math.min(since, this.againSince ?? since);
    else {
      this.sent = since;
      this.#forget();
    }
  }

  /** Whatever waits is of an era that is over: it gets a frame that says so, even if nothing is in it. */
  restart(): void {
    this.#backlog = [];
    this.#missed = null;
    this.#owesFrame = true;
  }

  /** Whether there is something to send. */
  get waiting(): boolean {
    return (
      this.stale ||
      this.#owesFrame ||
      this.#gap ||
      this.#backlog.length > 0 ||
      (this.#missed !== null && this.#missed.size > 0)
    );
  }

  /** The next frame, or null when it has everything. */
  take(): Batch<State> | null {
    if (!this.waiting || this.stale) return null;
    this.#owesFrame = false;
    const items = this.#backlog.length > 0 ? this.#takeBacklog() : this.#takeMissed();
    if (this.#backlog.length === 0 && this.#missed === null)
      this.sent = Math.max(this.sent, this.#floor, this.#home.id);
    return this.#batch(items);
  }

  /** The next frame for a reader that fetches: waits until there is one. Null when the viewer has left. @throws what the stream was cut with */
  async next(): Promise<Batch<State> | null> {
    while (this.phase !== 'ended') {
      const batch = this.phase === 'behind' ? this.take() : null;
      if (batch) return batch;
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await woken.promise;
    }
    if (this.#error) throw this.#error;
    return null;
  }

  /** Tells a reader that fetches that something is there. */
  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** Ends the stream, with an error when it is cut. Safe to call again. */
  end(error: Error | null = null): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.#home.detach(this);
    if (this.connection) this.connection.viewings -= 1;
    this.#backlog = [];
    this.#missed = null;
    this.#error = error;
    this.onEnd?.(error);
    this.wake();
  }

  /** Ends the stream because nothing entitles its viewer any more. */
  cut(refusal: Refusal): void {
    this.end(toTRPCError(refusal));
  }

  #batch(items: readonly Item<State>[]): Batch<State> {
    const gap = this.#gap;
    this.#gap = false;
    return { id: this.sent, items, ...(gap && { gap }) };
  }

  #takeBacklog(): readonly Item<State>[] {
    const whole = this.#at === 0 && this.#backlog.length <= MAX_ROWS;
    const items = whole ? this.#backlog : this.#backlog.slice(this.#at, this.#at + MAX_ROWS);
    this.#at += items.length;
    if (this.#at < this.#backlog.length) return items;
    this.#backlog = [];
    this.sent = Math.max(this.sent, this.#floor);
    return items;
  }

  #takeMissed(): Item<State>[] {
    const items: Item<State>[] = [];
    for (const item of this.#missed?.values() ?? []) {
      if (items.length === MAX_ROWS) break;
      items.push(item);
      this.#missed?.delete(item.account);
    }
    if (this.#missed?.size === 0) this.#missed = null;
    return items;
  }

  #forget(): void {
    this.stale = true;
    this.#backlog = [];
    this.#missed = null;
  }
}

type Waiting<State> = {
  readonly since: number | null;
  readonly actor: string;
  readonly resolve: (snapshot: Snapshot<State>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * First states for the viewers of one audience. While one read is under way, whoever arrives waits for the next one and shares it, so that
 * a thousand reconnecting viewers cost a handful of reads. (They can't share the one under way: what was published between its
 * instant and their arrival would be lost to them.) The first of them whose turn it is reads for all.
 */
export class SharedReads<State> {
  readonly #load: (since: number | null) => Promise<Snapshot<State>>;
  readonly #turns: FairQueue;
  #waiting: Waiting<State>[] = [];
  /** Actors who stand in the queue for this audience. */
  readonly #queued = new Set<string>();
  #reading = false;

  /** @param load reads what changed after a version; 0: what there is; null: nothing but the present version */
  constructor(load: (since: number | null) => Promise<Snapshot<State>>, turns: FairQueue) {
    this.#load = load;
    this.#turns = turns;
  }

  /** Reads the state for somebody who listens already. The answer may hold more than what changed after `since`. */
  read(since: number | null, actor: string): Promise<Snapshot<State>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ since, actor, resolve, reject });
      if (!this.#reading) this.#queue(actor);
    });
  }

  #queue(actor: string): void {
    if (this.#queued.has(actor)) return;
    this.#queued.add(actor);
    void this.#turns.run(actor, async () => {
      // Everybody of this turn of the event loop joins.
      await new Promise((next) => setImmediate(next));
      this.#queued.delete(actor);
      await this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#reading || this.#waiting.length === 0) return;
    this.#reading = true;
    const batch = this.#waiting;
    this.#waiting = [];
    await Promise.all([
      this.#answer(batch.filter(({ since }) => since === null)),
      this.#answer(batch.filter(({ since }) => since === 0)),
      this.#answer(
        batch.filter(({ since }) => since !== null && since > 0).toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0)),
      ),
    ]);
    this.#reading = false;
    for (const { actor } of this.#waiting) this.#queue(actor);
  }

  /** @param group of those who have something, oldest first */
  async #answer(group: readonly Waiting<State>[]): Promise<void> {
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) return;
    try {
      let snapshot = await this.#load(first.since);
      // An id from the future comes from a database that was restored since: nothing of what it stands for is known.
      if (last.since !== null && last.since > snapshot.version) snapshot = { ...(await this.#load(0)), gap: true };
      // Who was away for too long is no reason for the others to read everything again.
      else if (snapshot.gap && first.since !== last.since && !(await this.#load(last.since)).gap) {
        const half = group.length >> 1;
        await Promise.all([this.#answer(group.slice(0, half)), this.#answer(group.slice(half))]);
        return;
      }
      for (const one of group) one.resolve(snapshot);
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }
}

import type { AccountId } from '@tenantree/domain';
import type { Audience } from './audience.ts';
import type { Gone, Item, ReadState, StateQuery } from './channel.ts';

/**
 * How far a tree's versions have been published without a hole. Versions are committed in order but become known out of order: two
 * transactions of this server finish their callbacks the other way round, or one was committed by another server.
 * Everything up to `reached` has been published; a frame may carry that id and no higher one.
 */
export class VersionTrack {
  #reached: number | null = null;
  #newest = 0;
  readonly #ahead = new Set<number>();

  /** Everything up to this version is published; 0 before anything is known. */
  get reached(): number {
    return this.#reached ?? 0;
  }

  /** Whether a first state has been read, so that `reached` means something. */
  get started(): boolean {
    return this.#reached !== null;
  }

  /** Whether versions are known to exist that have not been published. */
  get behind(): boolean {
    return this.#reached !== null && this.#newest > this.#reached;
  }

  /** This version exists; what it changed has not been published. */
  expect(version: number): void {
    if (version > this.#newest) this.#newest = version;
  }

  /** What this version changed has been published. */
  mark(version: number): void {
    this.expect(version);
    if (this.#reached !== null && version <= this.#reached) return;
    this.#ahead.add(version);
    this.#advance();
  }

  /** A state was published that contains everything up to this version. */
  jump(version: number): void {
    this.expect(version);
    if (this.#reached !== null && version <= this.#reached) return;
    this.#reached = version;
    for (const known of this.#ahead) if (known <= version) this.#ahead.delete(known);
    this.#advance();
  }

  #advance(): void {
    if (this.#reached === null) return;
    while (this.#ahead.delete(this.#reached + 1)) this.#reached += 1;
  }
}

/** An item with the place of its account. */
export type PlacedItem<State> = { readonly path: readonly AccountId[]; readonly item: Item<State> };

/** A state as it was read, as items. Everything up to its version is in it. */
export type Loaded<State> = Omit<ReadState<State>, 'placed'> & { readonly placed: readonly PlacedItem<State>[] };

type Options<State> = {
  readonly load: (query: StateQuery) => Promise<Loaded<State>>;
  readonly place: (placed: PlacedItem<State>) => void;
  /** @param now where it is instead, if it still is in the tree */
  readonly takeAway: (gone: Gone, now: PlacedItem<State> | undefined) => void;
  /** Accounts came from elsewhere: who watches some below one of these reads them anew. */
  readonly onMoved: (above: readonly AccountId[]) => void;
  /** What changed is not known any more: everybody reads for themselves. */
  readonly onGap: () => void;
  readonly nowMs: () => number;
};

/** Pause after a read that failed. */
const RETRY_MS = 500;

/** One tree on one channel: how far it is published, and what has to be read before it can be. */
export class Broadcast<State> {
  readonly audiences = new Set<Audience<State>>();
  track = new VersionTrack();
  /** Up to this version nothing was published here, because nobody had a state yet: whoever begins needs one that is as new. */
  skippedTo = 0;
  readonly #root: AccountId;
  readonly #options: Options<State>;
  /** Versions in which accounts are known to somebody that `reached` has not come up to: nothing older may follow for them. */
  readonly #newest = new Map<AccountId, number>();
  #newestOfAll = 0;
  /** Accounts to read; null: whatever changed. Undefined: nothing. */
  #wanted: Set<AccountId> | null | undefined;
  #versions: number[] = [];
  #reading = false;
  #closed = false;
  #retryAtMs = 0;
  /** What everything was published up to at the last tick, if something was missing then. */
  #missingAbove: number | null = null;

  constructor(root: AccountId, options: Options<State>) {
    this.#root = root;
    this.#options = options;
  }

  /** Whether somebody has a state, so that everything after it has to be published. */
  get begun(): boolean {
    // What they had before another history began is of no use.
    if (!this.track.started) return false;
    for (const audience of this.audiences) if (audience.begun) return true;
    return false;
  }

  /** Whether nobody watches all below an account, so that only accounts that are named are of interest. */
  get listsOnly(): boolean {
    for (const { scope } of this.audiences) if (scope.only === null) return false;
    return true;
  }

  /** Whether something has to be read, and nothing is being read. */
  get wanting(): boolean {
    return this.#wanted !== undefined && !this.#reading && this.track.started;
  }

  /** Somebody begins with a state of this version, and nobody else has one: what is older need not be published. */
  skipTo(version: number): void {
    this.skippedTo = Math.max(this.skippedTo, version);
    this.track.jump(version);
    this.#settle();
  }

  /** Somebody was sent items that are newer than what has been published. */
  notice(items: readonly Item<State>[]): void {
    for (const item of items) if (item.version > this.track.reached) this.#isNewest(item);
  }

  /** Publishes what a version changed. What is known to be older than something published already is left out. */
  publish(version: number, placed: Iterable<PlacedItem<State>>): void {
    const { track } = this;
    if (track.started && version <= track.reached) return;
    const ordered = track.started && this.#newest.size === 0 && version === track.reached + 1;
    for (const one of placed) {
      if (ordered || this.#isNewest(one.item)) this.#options.place(one);
    }
    track.mark(version);
    this.#settle();
  }

  /** Some accounts (null: who knows which) changed in a version (null: in whatever came after what is known). */
  request(version: number | null, ids: readonly AccountId[] | null): void {
    if (version !== null) {
      if (this.track.started && version <= this.track.reached) return;
      this.track.expect(version);
      this.#versions.push(version);
    }
    if (ids === null) this.#wanted = null;
    else if (this.#wanted !== null) {
      this.#wanted ??= new Set();
      for (const id of ids) this.#wanted.add(id);
    }
  }

  /**
   * Asked once per tick: reads whatever changed when a version has been missing since the last one. Its notice may only be late,
   * but the server that committed it may also have died before it could tell.
   */
  closeHole(): void {
    const missing = this.track.behind && !this.#reading && this.#wanted === undefined;
    if (missing && this.#missingAbove === this.track.reached) this.request(null, null);
    this.#missingAbove = missing ? this.track.reached : null;
  }

  /** Reads and publishes what was requested. @returns whether anything was @throws when the read fails; it stays requested then */
  async read(): Promise<boolean> {
    if (!this.wanting || this.#options.nowMs() < this.#retryAtMs) return false;
    const [wanted, versions] = [this.#wanted, this.#versions];
    this.#wanted = undefined;
    this.#versions = [];
    this.#reading = true;
    const { track } = this;
    try {
      const since = track.reached;
      const only = wanted ? { only: [...wanted] } : {};
      const loaded = await this.#options.load({ subtree: this.#root, since, ...only });
      if (this.#closed || track !== this.track) return false;
      if (loaded.gap) {
        this.skipTo(loaded.version);
        this.#options.onGap();
        return true;
      }
      this.#take(loaded);
      if (loaded.moved.length > 0) this.#options.onMoved(loaded.moved);
      if (!wanted) track.jump(loaded.version);
      for (const version of versions) track.mark(version);
      this.#settle();
      return true;
    } catch (error) {
      this.#retryAtMs = this.#options.nowMs() + RETRY_MS;
      if (track !== this.track) throw error;
      this.request(null, wanted ? [...wanted] : null);
      this.#versions.push(...versions);
      throw error;
    } finally {
      this.#reading = false;
    }
  }

  /** Versions are of another history of the database from now on: nothing of it is published, and what is being read is dropped. */
  beginAnew(): void {
    this.track = new VersionTrack();
    this.skippedTo = 0;
    this.#newest.clear();
    this.#newestOfAll = 0;
    this.#wanted = undefined;
    this.#versions = [];
    this.#missingAbove = null;
  }

  /** Nobody watches the tree any more. What is still being read is dropped: whoever comes next has a broadcast of their own, and newer state. */
  close(): void {
    this.#closed = true;
  }

  #take(loaded: Loaded<State>): void {
    const places = new Map(loaded.placed.map((one) => [one.item.account, one]));
    // What `reached` has come up to meanwhile was published otherwise, maybe with something newer after it.
    const { reached } = this.track;
    for (const one of loaded.placed) {
      if (one.item.version > reached && this.#isNewest(one.item)) this.#options.place(one);
    }
    for (const one of loaded.gone) {
      if (one.version > reached) this.#options.takeAway(one, places.get(one.account));
    }
  }

  #isNewest({ account, version }: Item<State>): boolean {
    if ((this.#newest.get(account) ?? 0) > version) return false;
    this.#newest.set(account, version);
    this.#newestOfAll = Math.max(this.#newestOfAll, version);
    return true;
  }

  #settle(): void {
    if (this.track.reached < this.#newestOfAll) return;
    this.#newest.clear();
    this.#newestOfAll = 0;
  }
}

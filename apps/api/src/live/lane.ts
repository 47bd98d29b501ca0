import type { AccountId } from '@tenantree/domain';
import type { Item } from './channel.ts';
import type { StateQuery } from './ports.ts';
import type { Topic } from './topic.ts';
import { VersionTrack } from './version-track.ts';

/** An item with the place of its account. */
export type Placed<State> = { readonly path: readonly AccountId[]; readonly item: Item<State> };

/** A state as it was read. Everything up to its version is in it. */
export type Loaded<State> = {
  readonly version: number;
  readonly placed: readonly Placed<State>[];
  readonly gone: readonly {
    readonly path: readonly AccountId[];
    readonly account: AccountId;
    readonly version: number;
  }[];
};

type Options<State> = {
  readonly load: (query: StateQuery) => Promise<Loaded<State>>;
  readonly place: (placed: Placed<State>) => void;
  readonly takeAway: (
    path: readonly AccountId[],
    account: AccountId,
    version: number,
    now: readonly AccountId[],
  ) => void;
  readonly nowMs: () => number;
};

/** A version whose changes didn't become known for this long is read: the server that committed it may have died before it could tell. */
const GAP_MS = 300;
/** Pause after a read that failed. */
const RETRY_MS = 500;

/** One tree on one channel: how far it is published, and what has to be read before it can be. */
export class Lane<State, Frame> {
  readonly topics = new Set<Topic<State, Frame>>();
  readonly track = new VersionTrack();
  /** Up to this version nothing was published here, because nobody had a state yet: whoever begins needs one that is as new. */
  skippedTo = 0;
  readonly #root: AccountId;
  readonly #options: Options<State>;
  /** Newest version in which an account was published, while a hole is open below it. */
  readonly #newest = new Map<AccountId, number>();
  /** Accounts to read; null: whatever changed. Undefined: nothing. */
  #wanted: Set<AccountId> | null | undefined;
  #versions: number[] = [];
  #reading = false;
  #retryAtMs = 0;
  #gapSinceMs: number | null = null;

  constructor(root: AccountId, options: Options<State>) {
    this.#root = root;
    this.#options = options;
  }

  /** Whether somebody has a state, so that everything after it has to be published. */
  get begun(): boolean {
    for (const topic of this.topics) if (topic.begun) return true;
    return false;
  }

  /** Whether something has to be read, and nothing is being read. */
  get wanting(): boolean {
    return this.#wanted !== undefined && !this.#reading && this.track.started;
  }

  /** Somebody begins with a state of this version, and nobody else has one: what is older need not be published. */
  skipTo(version: number): void {
    this.skippedTo = Math.max(this.skippedTo, version);
    this.track.jump(version);
  }

  /** Publishes what a version changed. What is known to be older than something published already is left out. */
  publish(version: number, placed: Iterable<Placed<State>>): void {
    const { track } = this;
    if (track.started && version <= track.reached) return;
    const ordered = track.started && track.clear && version === track.reached + 1;
    for (const one of placed) {
      if (ordered || this.#isNewest(one.item)) this.#options.place(one);
    }
    track.mark(version);
    if (track.clear) this.#newest.clear();
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

  /** Whether a version has been missing for too long. */
  hasGap(nowMs: number): boolean {
    if (!this.track.behind || this.#reading) this.#gapSinceMs = null;
    else this.#gapSinceMs ??= nowMs;
    return this.#gapSinceMs !== null && nowMs - this.#gapSinceMs >= GAP_MS;
  }

  /** Reads and publishes what was requested. @returns whether anything was @throws when the read fails; it stays requested then */
  async read(): Promise<boolean> {
    if (!this.wanting || this.#options.nowMs() < this.#retryAtMs) return false;
    const [wanted, versions] = [this.#wanted, this.#versions];
    this.#wanted = undefined;
    this.#versions = [];
    this.#reading = true;
    try {
      const since = this.track.reached;
      const only = wanted ? { only: [...wanted] } : {};
      const loaded = await this.#options.load({ subtree: this.#root, since, ...only });
      this.#take(loaded);
      if (!wanted) this.track.jump(loaded.version);
      for (const version of versions) this.track.mark(version);
      return true;
    } catch (error) {
      this.#retryAtMs = this.#options.nowMs() + RETRY_MS;
      this.request(null, wanted ? [...wanted] : null);
      this.#versions.push(...versions);
      throw error;
    } finally {
      this.#reading = false;
    }
  }

  #take(loaded: Loaded<State>): void {
    const places = new Map(loaded.placed.map(({ item, path }) => [item.account, path]));
    for (const one of loaded.placed) if (this.#isNewest(one.item)) this.#options.place(one);
    for (const { path, account, version } of loaded.gone) {
      this.#options.takeAway(path, account, version, places.get(account) ?? []);
    }
    if (this.track.clear) this.#newest.clear();
  }

  #isNewest({ account, version }: Item<State>): boolean {
    if ((this.#newest.get(account) ?? 0) > version) return false;
    this.#newest.set(account, version);
    return true;
  }
}

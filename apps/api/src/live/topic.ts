import { createHash } from 'node:crypto';
import type { AccountId } from '@tenantree/domain';
import type { Channel, Item } from './channel.ts';
import type { LiveMetrics } from './ports.ts';
import { MAX_ROWS, type Subscription } from './subscription.ts';
import { textFrame } from './text-frame.ts';
import type { VersionTrack } from './version-track.ts';
import { resultText } from './wire.ts';

/** What is watched: the subtree of an account, or some accounts of it; in part by those who don't see all that is above it. */
export type Scope = {
  readonly within: AccountId;
  readonly only: readonly AccountId[] | null;
  /** With `only`: the accounts directly below these, too. */
  readonly childrenOf?: readonly AccountId[];
  readonly sight?: 'part';
};

/** One text per scope, so that viewers of the same share everything. A list may be long: its digest stands for it. */
export const scopeKey = ({ within, only, childrenOf = [], sight }: Scope): string => {
  const place = `${within}:${sight ?? 'whole'}`;
  if (only === null) return place;
  const list = `${only.toSorted().join()}:${childrenOf.toSorted().join()}`;
  return `${place}:${createHash('sha256').update(list).digest('base64')}`;
};

/** Whether an account is watched that stands, or stood, at the end of a path below `within`. */
export const watchOf = ({ only, childrenOf }: Scope): ((account: AccountId, path: readonly AccountId[]) => boolean) => {
  if (only === null) return () => true;
  const [named, parents] = [new Set(only), new Set<AccountId | undefined>(childrenOf)];
  return (account, path) => named.has(account) || parents.has(path.at(-2));
};

type Shared<State, Frame> = {
  readonly channel: Channel<State, Frame>;
  readonly track: VersionTrack;
  readonly metrics: LiveMetrics;
};

/** All who watch the same. What changed since the last tick is kept by account; a tick writes it as JSON once, for everybody. */
export class Topic<State, Frame> {
  readonly scope: Scope;
  readonly key: string;
  readonly root: AccountId;
  readonly #shared: Shared<State, Frame>;
  /** In the order of their first change since the last flush, so that none is overtaken for ever. */
  readonly #dirty = new Map<AccountId, Item<State>>();
  /** Readers who are up to date, by their request's envelope. */
  readonly #fast = new Map<string, Set<Subscription<State>>>();
  readonly #others = new Set<Subscription<State>>();
  /** Id of the last flush that left nothing behind. */
  #sent = 0;
  /** What a flush had to leave: once that many rows more are sent, everything up to the version has been. */
  #debt: { readonly version: number; rows: number } | null = null;
  #restarted = false;

  constructor(root: AccountId, scope: Scope, shared: Shared<State, Frame>) {
    this.root = root;
    this.scope = scope;
    this.key = scopeKey(scope);
    this.#shared = shared;
  }

  /** Everything up to this version has been flushed. */
  get id(): number {
    return this.#dirty.size === 0 ? this.#shared.track.reached : this.#sent;
  }

  get empty(): boolean {
    return this.#fast.size === 0 && this.#others.size === 0;
  }

  /** Whether somebody here has a state, so that everything after it has to be published here. */
  get begun(): boolean {
    if (this.#fast.size > 0) return true;
    for (const member of this.#others) if (member.phase !== 'reading') return true;
    return false;
  }

  /** Whether the next tick has something to do here. Readers that fetch come by themselves. */
  get waiting(): boolean {
    if (this.#dirty.size > 0 || this.#restarted) return true;
    for (const member of this.#others) {
      if (member.phase === 'behind' && (member.stale || (member.connection && member.waiting))) return true;
    }
    return false;
  }

  attach(member: Subscription<State>): void {
    this.#others.add(member);
  }

  detach(member: Subscription<State>): void {
    this.#others.delete(member);
    const group = this.#fast.get(member.head);
    if (group?.delete(member) && group.size === 0) this.#fast.delete(member.head);
  }

  add(item: Item<State>): void {
    this.#dirty.set(item.account, item);
  }

  /** The state that waits is of a period that is over: everybody gets a frame of the new one. */
  restart(): void {
    this.#dirty.clear();
    this.#debt = null;
    this.#restarted = true;
    for (const member of this.#others) member.restart();
  }

  /** Moves a reader that has everything to those who are sent the same bytes. */
  settle(member: Subscription<State>): void {
    if (member.phase !== 'behind' || member.waiting || !member.connection || this.id < member.sent) return;
    member.phase = 'fast';
    this.#others.delete(member);
    const group = this.#fast.get(member.head);
    if (group) group.add(member);
    else this.#fast.set(member.head, new Set([member]));
  }

  /** Everybody here reads again: what changed since their last frame, or all that they watch. */
  renew(what: 'since' | 'all'): void {
    for (const members of this.#fast.values()) {
      for (const member of members) {
        member.phase = 'behind';
        this.#others.add(member);
      }
    }
    this.#fast.clear();
    for (const member of this.#others) member.renew(what);
  }

  /**
   * Sends what changed since the last tick.
   *
   * @param reread asked for readers who missed more than was remembered
   */
  flush(reread: (member: Subscription<State>) => void): void {
    const items = this.#take();
    if (items.length > 0 || this.#restarted) {
      for (const member of this.#others) member.note(items);
      this.#broadcast(items);
      this.#restarted = false;
    }
    for (const member of this.#others) this.#serve(member, reread);
  }

  #take(): Item<State>[] {
    const reached = this.#shared.track.reached;
    const items: Item<State>[] = [];
    for (const item of this.#dirty.values()) {
      if (items.length === MAX_ROWS) break;
      items.push(item);
      this.#dirty.delete(item.account);
    }
    if (this.#dirty.size === 0) {
      this.#debt = null;
      this.#sent = reached;
      return items;
    }
    if (this.#debt) {
      this.#debt.rows -= items.length;
      if (this.#debt.rows > 0) return items;
      this.#sent = this.#debt.version;
    }
    this.#debt = { version: reached, rows: this.#dirty.size };
    return items;
  }

  #broadcast(items: readonly Item<State>[]): void {
    if (this.#fast.size === 0) return;
    const { channel, metrics } = this.#shared;
    const id = this.id;
    const tail = resultText(id, channel.body({ items }));
    let frames = 0;
    let bytes = 0;
    for (const [head, members] of this.#fast) {
      const frame = textFrame(head + tail);
      for (const member of members) {
        if (member.connection?.write(frame) !== 'full') {
          member.sent = id;
          frames += 1;
          bytes += frame.length;
          continue;
        }
        members.delete(member);
        member.phase = 'behind';
        member.note(items);
        this.#others.add(member);
      }
      if (members.size === 0) this.#fast.delete(head);
    }
    metrics.frames(channel.name, frames, bytes);
  }

  #serve(member: Subscription<State>, reread: (member: Subscription<State>) => void): void {
    if (member.phase !== 'behind') return;
    const { connection } = member;
    if (connection === null) {
      if (member.stale) reread(member);
      else if (member.waiting) member.wake();
      return;
    }
    if (connection.full) {
      this.#shared.metrics.skipped();
      return;
    }
    if (member.stale) return reread(member);
    const batch = member.take();
    if (batch) {
      const { channel, metrics } = this.#shared;
      const frame = textFrame(member.head + resultText(batch.id, channel.body(batch)));
      connection.write(frame);
      metrics.frames(channel.name, 1, frame.length);
    }
    this.settle(member);
  }
}

import { createHash } from 'node:crypto';
import type { AccountId } from '@tenantree/domain';
import type { Content, Item } from './channel.ts';
import { resultText, textFrame } from './connection.ts';
import { MAX_ROWS, type Renewal, type Viewing } from './viewing.ts';

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

/** What an audience needs of the channel and the tree that it watches. */
type Air<State> = {
  /** Everything up to this version is published. */
  reached(): number;
  /** The id of a frame that has everything up to a version. */
  idOf(version: number): string;
  /** The JSON of a frame behind its version. */
  body(content: Content<State>): string;
  /** Frames were sent. */
  sent(frames: number, bytes: number): void;
  /** A slow reader was left out at a tick. */
  skipped(): void;
};

/** All who watch the same. What changed since the last tick is kept by account; a tick writes it as JSON once, for everybody. */
export class Audience<State> {
  readonly scope: Scope;
  readonly key: string;
  readonly root: AccountId;
  readonly #air: Air<State>;
  /** In the order of their first change since the last flush, so that none is overtaken for ever. */
  readonly #dirty = new Map<AccountId, Item<State>>();
  /** Readers who are up to date, by their request's envelope. */
  readonly #fast = new Map<string, Set<Viewing<State>>>();
  readonly #others = new Set<Viewing<State>>();
  /** Id of the last flush that left nothing behind. */
  #sent = 0;
  /** What a flush had to leave: once that many rows more are sent, everything up to the version has been. */
  #debt: { readonly version: number; rows: number } | null = null;
  #restarted = false;

  constructor(root: AccountId, scope: Scope, air: Air<State>) {
    this.root = root;
    this.scope = scope;
    this.key = scopeKey(scope);
    this.#air = air;
  }

  /** Everything up to this version has been flushed. */
  get id(): number {
    return this.#dirty.size === 0 ? this.#air.reached() : this.#sent;
  }

  get empty(): boolean {
    return this.#fast.size === 0 && this.#others.size === 0;
  }

  /** Whether somebody here has a state, so that everything after it has to be published here. */
  get begun(): boolean {
    if (this.#fast.size > 0) return true;
    for (const viewing of this.#others) if (viewing.phase !== 'reading') return true;
    return false;
  }

  /** Whether the next tick has something to do here. Readers that fetch come by themselves. */
  get waiting(): boolean {
    if (this.#dirty.size > 0 || this.#restarted) return true;
    for (const viewing of this.#others) {
      if (viewing.phase === 'behind' && (viewing.stale || (viewing.connection && viewing.waiting))) return true;
    }
    return false;
  }

  attach(viewing: Viewing<State>): void {
    this.#others.add(viewing);
  }

  detach(viewing: Viewing<State>): void {
    this.#others.delete(viewing);
    const group = this.#fast.get(viewing.head);
    if (group?.delete(viewing) && group.size === 0) this.#fast.delete(viewing.head);
  }

  add(item: Item<State>): void {
    this.#dirty.set(item.account, item);
  }

  /** The state that waits is of an era that is over: everybody gets a frame of the new one. */
  restart(): void {
    this.#dirty.clear();
    this.#debt = null;
    this.#restarted = true;
    for (const viewing of this.#others) viewing.restart();
  }

  /** Moves a reader that has everything to those who are sent the same bytes. */
  settle(viewing: Viewing<State>): void {
    if (viewing.phase !== 'behind' || viewing.waiting || !viewing.connection || this.id < viewing.sent) return;
    viewing.phase = 'fast';
    this.#others.delete(viewing);
    const group = this.#fast.get(viewing.head);
    if (group) group.add(viewing);
    else this.#fast.set(viewing.head, new Set([viewing]));
  }

  /** Everybody here reads again. What waits is of no use where they begin anew. */
  renew(what: Renewal): void {
    if (what === 'anew') {
      this.#dirty.clear();
      this.#debt = null;
      this.#sent = 0;
    }
    this.#slow();
    for (const viewing of this.#others) viewing.renew(what);
  }

  /** Where the watched account stands, root first. */
  get path(): readonly AccountId[] {
    for (const viewings of [...this.#fast.values(), this.#others])
      for (const { entitlement } of viewings) return entitlement.path;
    return [];
  }

  /** Everybody here reads what changed after a version, even if they have something newer. Null: after what they were sent last. */
  rereadAfter(version: number | null): void {
    const { id } = this;
    for (const viewings of this.#fast.values())
      for (const viewing of viewings) {
        // They have everything up to now; that their last frame is older is no reason to read more.
        if (version !== null) viewing.sent = Math.max(viewing.sent, id);
      }
    this.#slow();
    for (const viewing of this.#others) viewing.rereadAfter(version);
  }

  /** Nobody here is sent the same bytes as others any more, until they have everything. */
  #slow(): void {
    for (const viewings of this.#fast.values())
      for (const viewing of viewings) {
        viewing.phase = 'behind';
        this.#others.add(viewing);
      }
    this.#fast.clear();
  }

  /**
   * Sends what changed since the last tick.
   *
   * @param reread asked for readers who missed more than was remembered
   */
  flush(reread: (viewing: Viewing<State>) => void): void {
    const items = this.#take();
    if (items.length > 0 || this.#restarted) {
      for (const viewing of this.#others) viewing.note(items);
      this.#broadcast(items);
      this.#restarted = false;
    }
    for (const viewing of this.#others) this.#serve(viewing, reread);
  }

  #take(): Item<State>[] {
    const reached = this.#air.reached();
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
    const id = this.id;
    const tail = resultText(this.#air.idOf(id), id, this.#air.body({ items }));
    let frames = 0;
    let bytes = 0;
    for (const [head, viewings] of this.#fast) {
      const frame = textFrame(head + tail);
      for (const viewing of viewings) {
        if (viewing.connection?.write(frame) !== 'full') {
          viewing.sent = id;
          frames += 1;
          bytes += frame.length;
          continue;
        }
        viewings.delete(viewing);
        viewing.phase = 'behind';
        viewing.note(items);
        this.#others.add(viewing);
      }
      if (viewings.size === 0) this.#fast.delete(head);
    }
    this.#air.sent(frames, bytes);
  }

  #serve(viewing: Viewing<State>, reread: (viewing: Viewing<State>) => void): void {
    if (viewing.phase !== 'behind') return;
    const { connection } = viewing;
    if (connection === null) {
      if (viewing.stale) reread(viewing);
      else if (viewing.waiting) viewing.wake();
      return;
    }
    if (connection.full) {
      this.#air.skipped();
      return;
    }
    if (viewing.stale) return reread(viewing);
    const batch = viewing.take();
    if (batch) {
      const frame = textFrame(viewing.head + resultText(viewing.idOf(batch), batch.id, this.#air.body(batch)));
      connection.write(frame);
      this.#air.sent(1, frame.length);
    }
    this.settle(viewing);
  }
}

type Scoped = { readonly scope: Scope };

/** Audiences by account. Most accounts that are watched by name have one audience, and it costs no set of its own. */
class ByAccount<Audience extends Scoped> {
  readonly #audiences = new Map<AccountId, Audience | Set<Audience>>();

  has(account: AccountId): boolean {
    return this.#audiences.has(account);
  }

  of(account: AccountId | undefined): Iterable<Audience> {
    const known = account === undefined ? undefined : this.#audiences.get(account);
    if (known === undefined) return [];
    return known instanceof Set ? known : [known];
  }

  add(account: AccountId, audience: Audience): void {
    const known = this.#audiences.get(account);
    if (known === undefined) this.#audiences.set(account, audience);
    else if (known instanceof Set) known.add(audience);
    else if (known !== audience) this.#audiences.set(account, new Set([known, audience]));
  }

  delete(account: AccountId, audience: Audience): void {
    const known = this.#audiences.get(account);
    if (known instanceof Set) {
      known.delete(audience);
      if (known.size > 0) return;
    } else if (known !== audience) return;
    this.#audiences.delete(account);
  }
}

/** Who is told of an account: those who watch all below one above it, it by name, or the children of its parent. */
export class Index<Audience extends Scoped> {
  readonly #subtrees = new ByAccount<Audience>();
  readonly #named = new ByAccount<Audience>();
  readonly #parents = new ByAccount<Audience>();

  add(audience: Audience): void {
    for (const [audiences, account] of this.#listsOf(audience.scope)) audiences.add(account, audience);
  }

  delete(audience: Audience): void {
    for (const [audiences, account] of this.#listsOf(audience.scope)) audiences.delete(account, audience);
  }

  /** Whether somebody watches an account by name. */
  names(account: AccountId): boolean {
    return this.#named.has(account);
  }

  /** Those who are told of an account that stands, or stood, at the end of a path. Some may come twice. */
  *watching(path: readonly AccountId[], account: AccountId): Generator<Audience> {
    for (const place of path) yield* this.#subtrees.of(place);
    for (const audiences of [this.#named.of(account), this.#parents.of(path.at(-2))])
      for (const audience of audiences) if (path.includes(audience.scope.within)) yield audience;
  }

  *#listsOf({ within, only, childrenOf = [] }: Scope): Generator<readonly [ByAccount<Audience>, AccountId]> {
    if (only === null) yield [this.#subtrees, within];
    for (const account of only ?? []) yield [this.#named, account];
    for (const account of childrenOf) yield [this.#parents, account];
  }
}

import { randomBytes } from 'node:crypto';
import type { JournalNews } from '@tenantree/db';
import { type AccountId, type AccountRow, type Decimal, instantOf, newId, type TouchedRights } from '@tenantree/domain';
import { ACCOUNTS, type Presence } from '../src/accounts/accounts-channel.ts';
import type { Gone, Placed, ReadState, StateAsked } from '../src/live/channel.ts';
import type { Hub } from '../src/live/hub.ts';
import type { JournalSource } from '../src/live/journal-watch.ts';
import { type Minutes, USAGE } from '../src/usage/usage-channel.ts';

export const freshId = (): AccountId => newId<AccountId>(Date.now(), randomBytes(10));

const decimal = (value: number): Decimal => String(value) as Decimal;

/** The channels of the product, read from a tree in memory. */
export const MINUTES = { ...USAGE, read: (tree: LiveTree, asked: StateAsked) => tree.readUsage(asked) };
export const ROWS = { ...ACCOUNTS, read: (tree: LiveTree, asked: StateAsked) => tree.readAccounts(asked) };

/** What was committed: minutes of accounts. */
export type UsageChange = {
  readonly root: AccountId;
  readonly version: number;
  readonly states: readonly Placed<Minutes>[];
  readonly complete: boolean;
};

/** The version at the end of a frame's id. */
export const versionOf = (id: string): number => Number(id.split('.').at(-1));

/** Tells a hub that minutes were committed. */
export const showMinutes = (hub: Hub, change: UsageChange): void => hub.show(MINUTES, change);

type Node = {
  readonly id: AccountId;
  path: readonly AccountId[];
  name: string;
  own: number;
  total: number;
  usageVersion: number;
  rowVersion: number;
};

/** One tree in memory, with the same promises as the database: versions in commit order without holes, state as of a version. */
export class LiveTree {
  readonly root: AccountId = freshId();
  readonly nodes = new Map<AccountId, Node>();
  readonly departures: Gone[] = [];
  version = 0;
  readonly journal: JournalNews[] = [];
  epoch = 'e0';
  /** What changed up to this version is not known any more: whoever resumes from before reads anew. */
  forgotten = 0;
  /** Accounts that moves had to do with, by version. */
  readonly moves: { readonly version: number; readonly ids: readonly AccountId[] }[] = [];
  /** How often the hub read, and what for. */
  readonly reads: { channel: 'usage' | 'accounts'; since: number; only: number | null }[] = [];
  /** Every read waits for this before it looks, and again before it answers. */
  pause: () => Promise<void> = async () => undefined;

  /** Where one goes on who has everything up to a version. */
  resumeId(version = this.version): string {
    return `${this.epoch}.${this.root}.${version}`;
  }

  constructor() {
    this.#put(this.root, [this.root]);
  }

  add(parent: AccountId = this.root): AccountId {
    const id = freshId();
    this.#put(id, [...this.node(parent).path, id]);
    return id;
  }

  node(id: AccountId): Node {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`no account ${id}`);
    return node;
  }

  /** Commits minutes of some accounts; says what the recorder would say. */
  use(...ids: readonly AccountId[]): UsageChange {
    this.version += 1;
    const changed = new Set<AccountId>();
    for (const id of ids) {
      const { path } = this.node(id);
      for (const place of path) {
        const node = this.node(place);
        node.total += 1;
        if (place === id) node.own += 1;
        node.usageVersion = this.version;
        changed.add(place);
      }
    }
    const states = [...changed].map((id) => this.usageOf(id));
    return { root: this.root, version: this.version, states, complete: true };
  }

  rename(id: AccountId, name: string): JournalNews {
    this.version += 1;
    this.node(id).name = name;
    this.node(id).rowVersion = this.version;
    return this.write({ version: this.version, shows: [id], rights: null });
  }

  /** Commits something that may end rights and shows nothing. */
  revoke(rights: TouchedRights): JournalNews {
    return this.write({ version: null, shows: [], rights });
  }

  /** Moves an account that has nothing below it. */
  move(id: AccountId, to: AccountId): JournalNews {
    this.version += 1;
    const node = this.node(id);
    this.departures.push({ account: id, path: node.path, version: this.version });
    const ids = [...new Set([...node.path, ...this.node(to).path])];
    node.path = [...this.node(to).path, id];
    node.rowVersion = this.version;
    this.moves.push({ version: this.version, ids });
    return this.write({ version: this.version, shows: ids, moved: true, rights: null });
  }

  usageOf(id: AccountId): Placed<Minutes> & { readonly version: number } {
    const { path, own, total, usageVersion } = this.node(id);
    return { account: id, path, state: [id, decimal(own), decimal(total)], version: usageVersion };
  }

  rowOf(id: AccountId): AccountRow {
    const { path, name } = this.node(id);
    const none = { own: 0, total: 0 };
    return {
      id,
      parentId: path.at(-2) ?? null,
      externalId: null,
      name,
      depth: path.length - 1,
      status: 'active',
      suspension: null,
      protected: false,
      billingMode: 'parent',
      transferUntil: null,
      children: 0,
      subaccounts: 0,
      members: none,
      agents: none,
      minutes: null,
      caps: path.length === 1 ? null : { restricted: 0, unreviewed: 0 },
      minutesMax: null,
      createdAt: instantOf(0),
      closedAt: null,
    };
  }

  async readUsage({ subtree, since, only }: StateAsked): Promise<ReadState<Minutes>> {
    await this.pause();
    this.reads.push({ channel: 'usage', since, only: only?.length ?? null });
    const { version } = this;
    const moves = this.moves.filter((move) => since > 0 && move.version > since);
    const moved = [...new Set(moves.flatMap(({ ids }) => ids))];
    const knows = since > 0 && this.#knows(since);
    const from = only ? (moved.includes(subtree) ? 0 : since) : knows ? since : 0;
    const movedAt = (id: AccountId): number => moves.findLast(({ ids }) => ids.includes(id))?.version ?? 0;
    const placed = [...this.nodes.values()]
      .map(({ id, usageVersion }) => ({ ...this.usageOf(id), version: Math.max(usageVersion, movedAt(id)) }))
      .filter(({ account, path, version, state: [, , total] }) => {
        if (!path.includes(subtree) || total === '0') return false;
        if (only) return only.includes(account) && version > from;
        return knows ? version > since : path.length <= this.node(subtree).path.length + 1;
      });
    await this.pause();
    return { version, from, gap: !only && since > 0 && !knows, moved, placed, gone: [] };
  }

  async readAccounts({ subtree, since, only, childrenOf }: StateAsked): Promise<ReadState<Presence>> {
    await this.pause();
    this.reads.push({ channel: 'accounts', since, only: only?.length ?? null });
    const { version } = this;
    if (!this.#knows(since)) return { version, from: 0, gap: true, placed: [], gone: [], moved: [] };
    const gone = this.departures.filter((one) => one.version > since && one.path.includes(subtree));
    const wanted = only && new Set([...only, ...gone.map(({ account }) => account)]);
    const placed = [...this.nodes.values()]
      .filter(
        ({ id, path, rowVersion }) =>
          path.includes(subtree) &&
          rowVersion > since &&
          (!wanted || wanted.has(id) || childrenOf?.includes(path.at(-2) ?? id)),
      )
      .map(({ id, path, rowVersion }) => ({ account: id, path, version: rowVersion, state: this.rowOf(id) }));
    await this.pause();
    return { version, from: since, gap: false, placed, gone, moved: [] };
  }

  async readVersion(): Promise<number> {
    await this.pause();
    return this.version;
  }

  /** What the hub follows. */
  readonly source: JournalSource = {
    heads: async (roots) =>
      roots.map((root) =>
        root === this.root
          ? { epoch: this.epoch, root, seq: this.journal.length, version: this.version }
          : { epoch: this.epoch, root, seq: 0, version: 0 },
      ),
    after: async (root, seq, limit) => (root === this.root ? this.journal.slice(seq, seq + limit) : []),
  };

  /** Writes a row of the journal; says what the hub is told of it. */
  protected write(row: Omit<JournalNews, 'root' | 'after' | 'seq'>): JournalNews {
    const after = this.journal.length;
    const news = { root: this.root, after, seq: after + 1, ...row };
    this.journal.push(news);
    return news;
  }

  #knows(since: number): boolean {
    return since >= this.forgotten || since >= this.version;
  }

  #put(id: AccountId, path: readonly AccountId[]): void {
    this.version += 1;
    this.nodes.set(id, { id, path, name: 'An account', own: 0, total: 0, usageVersion: 0, rowVersion: this.version });
    this.write({ version: this.version, shows: path, rights: null });
  }
}

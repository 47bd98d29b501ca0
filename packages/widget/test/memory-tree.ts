// A tree of accounts in memory, with the numbers that listings show.
import { type AccountId, type AccountRow, type Decimal, formatDecimal, instantOf, newId } from '@tenantree/domain';
import { type AccountRef, SourceRefusal } from '../src/data/account-source.ts';

export const BASE_MS = Date.UTC(2026, 10, 23);

/** One account of the tree, with its own numbers; totals are summed when they are asked for. */
export type Entry = {
  row: AccountRow;
  readonly children: Entry[];
  parent: Entry | null;
  own: { members: number; agents: number; nanos: bigint };
};

export class MemoryTree {
  readonly root: Entry;
  protected readonly byId = new Map<AccountId, Entry>();
  #serial = 0;

  constructor(name = 'Acme Holding') {
    this.root = this.add(name, null);
  }

  /** Adds an account without telling anybody: for building the tree before a test. */
  grow(name: string, parent: AccountId = this.root.row.id, own: Partial<Entry['own']> = {}): AccountId {
    const entry = this.add(name, this.at(parent));
    Object.assign(entry.own, own);
    return entry.row.id;
  }

  entry(id: AccountId): Entry {
    return this.at(id);
  }

  /** All ids, parents before children. */
  ids(): AccountId[] {
    return [...this.byId.keys()];
  }

  idOf(name: string): AccountId {
    for (const { row } of this.byId.values()) if (row.name === name) return row.id;
    throw new RangeError(`no account ${name}`);
  }

  patch(id: AccountId, change: Partial<AccountRow>): void {
    const entry = this.at(id);
    entry.row = { ...entry.row, ...change };
  }

  /** The row of an entry as a listing has it. */
  rowOf(entry: Entry): AccountRow {
    const live = entry.children.filter(({ row }) => row.status !== 'closed');
    const members = this.sum(entry, ({ own }) => own.members);
    const agents = this.sum(entry, ({ own }) => own.agents);
    const [, own, total] = this.minutesOf(entry);
    return {
      ...entry.row,
      children: live.length,
      subaccounts: this.sum(entry, () => 1) - 1,
      members: { own: entry.own.members, total: members },
      agents: { own: entry.own.agents, total: agents },
      minutes: { own, total },
    };
  }

  protected minutesOf(entry: Entry): readonly [AccountId, Decimal, Decimal] {
    const total = this.#nanos(entry);
    return [entry.row.id, formatDecimal(entry.own.nanos), formatDecimal(total)];
  }

  #nanos(entry: Entry): bigint {
    return entry.children.reduce((sum, child) => sum + this.#nanos(child), entry.own.nanos);
  }

  protected sum(entry: Entry, of: (entry: Entry) => number): number {
    return entry.children.reduce((sum, child) => sum + this.sum(child, of), of(entry));
  }

  protected ancestors(id: AccountId): AccountId[] {
    return this.chain(this.at(id), null).map(({ row }) => row.id);
  }

  protected chain(entry: Entry, below: Entry | null): Entry[] {
    const chain: Entry[] = [];
    for (let at: Entry | null = entry; at && at !== below; at = at.parent) chain.unshift(at);
    return chain;
  }

  protected payerOf(entry: Entry): { readonly id: AccountId; readonly name: string } | null {
    const payer = this.chain(entry, null).findLast(({ row }) => row.billingMode === 'direct');
    return payer ? { id: payer.row.id, name: payer.row.name } : null;
  }

  protected isBelow(entry: Entry, top: Entry): boolean {
    for (let at = entry.parent; at; at = at.parent) if (at === top) return true;
    return false;
  }

  protected resolve(account: AccountRef): Entry {
    for (const entry of this.byId.values())
      if (entry.row.id === account || `ext:${entry.row.externalId}` === account) return entry;
    throw new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such account.' });
  }

  protected at(id: AccountId): Entry {
    const entry = this.byId.get(id);
    if (!entry) throw new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such account.' });
    return entry;
  }

  protected add(name: string, parent: Entry | null): Entry {
    this.#serial += 1;
    const bytes = new Uint8Array(10);
    new DataView(bytes.buffer).setUint32(6, this.#serial);
    const id = newId<AccountId>(BASE_MS + this.#serial, bytes);
    const row: AccountRow = {
      id,
      parentId: parent?.row.id ?? null,
      externalId: null,
      name,
      depth: parent ? (parent.row.depth ?? 0) + 1 : 0,
      status: 'active',
      suspension: null,
      protected: false,
      billingMode: parent ? 'parent' : 'direct',
      transferUntil: null,
      children: 0,
      subaccounts: 0,
      members: { own: 0, total: 0 },
      agents: { own: 0, total: 0 },
      minutes: null,
      caps: parent ? { restricted: 0, unreviewed: 0 } : null,
      minutesMax: null,
      createdAt: instantOf(BASE_MS + this.#serial),
      closedAt: null,
    };
    const entry: Entry = { row, children: [], parent, own: { members: 0, agents: 0, nanos: 0n } };
    this.byId.set(id, entry);
    parent?.children.push(entry);
    return entry;
  }
}

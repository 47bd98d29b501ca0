import {
  type AccountId,
  type AccountRow,
  type AccountsFrame,
  type DriftState,
  instantOf,
  isNearLimit,
  type NearFrame,
  nameKey,
  nameOrder,
  PERMISSIONS,
  parseDecimal,
  passesFilters,
  type RowId,
  type SuspensionOrder,
  seenAt,
  type UsageFrame,
} from '@tenantree/domain';
import {
  type AccountActs,
  type AccountDetail,
  type AccountPage,
  type AccountRef,
  type AccountSource,
  type AccountsTold,
  type AccountsWatched,
  type AppliedBlueprint,
  type ListQuery,
  type LiveReader,
  type LiveState,
  type OfferedBlueprint,
  type SavedView,
  type SearchPage,
  type SearchQuery,
  SourceRefusal,
  type ViewsSource,
} from '../src/data/account-source.ts';
import { MemoryBulk } from './memory-bulk.ts';
import { MemoryImports } from './memory-imports.ts';
import { MemoryPermissions } from './memory-permissions.ts';
import { BASE_MS, type Entry, MemoryTree } from './memory-tree.ts';

export const PERIOD = instantOf(Date.UTC(2026, 10, 1));

type Failing = keyof AccountSource | keyof AccountActs;

/** A tree of accounts in memory that answers like the server does, one microtask later, and can be told to fail, wait and tick. */
export class MemorySource extends MemoryTree implements AccountSource, AccountActs {
  readonly #usage = new Map<LiveReader<UsageFrame>, ReadonlySet<AccountId>>();
  readonly #accounts = new Map<LiveReader<AccountsTold>, AccountsWatched>();
  readonly #near = new Set<LiveReader<NearFrame>>();
  readonly #listeners = new Set<(state: LiveState) => void>();
  /** What was announced. */
  readonly #log: AccountsFrame[] = [];
  #failures = new Map<Failing, SourceRefusal[]>();
  #gate: Promise<void> | null = null;
  #openGate: () => void = () => undefined;
  #state: LiveState = { kind: 'live', since: instantOf(BASE_MS) };
  version = 1;
  /** Every call, for tests that count. */
  readonly calls: { readonly method: Failing; readonly args: readonly unknown[] }[] = [];
  level: 'none' | 'read' | 'full' = 'full';
  maxDepth = 5;
  /** Most matches that a search finds. */
  mostFound = Number.POSITIVE_INFINITY;
  /** What the detail of any account says of suspensions. */
  effective: AccountDetail['effective'] = { kind: null, by: null, changesAt: null };
  /** What the session's token was made for. */
  features: AccountDetail['features'] = null;

  readonly state = {
    get: (): LiveState => this.#state,
    subscribe: (listener: (state: LiveState) => void): (() => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  /** Those who are told when accounts may stand otherwise to their blueprints. */
  get watching(): number {
    return this.#watching.size;
  }

  get subscribers(): number {
    return this.#usage.size + this.#accounts.size + this.#listeners.size;
  }

  /** The next call of a method is refused. */
  failNext(
    method: Failing,
    refusal = new SourceRefusal({ code: 'UNAVAILABLE', message: 'No answer.', retryable: true }),
  ): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), refusal]);
  }

  /** Answers wait until `release`. */
  hold(): void {
    this.#gate ??= new Promise((resolve) => {
      this.#openGate = resolve;
    });
  }

  release(): void {
    this.#openGate();
    this.#gate = null;
  }

  become(kind: LiveState['kind']): void {
    this.#state = { kind, since: instantOf(BASE_MS) };
    for (const listener of this.#listeners) listener(this.#state);
  }

  /** Minutes are used: one frame with the account and all its ancestors. */
  tick(amounts: Iterable<readonly [AccountId, string]>): void {
    const touched = new Set<Entry>();
    for (const [id, minutes] of amounts) {
      this.at(id).own.nanos += parseDecimal(minutes) ?? 0n;
      for (let entry: Entry | null = this.at(id); entry; entry = entry.parent) touched.add(entry);
    }
    this.version += 1;
    const frame = {
      version: this.version,
      period: PERIOD,
      minutes: [...touched].map((entry) => this.minutesOf(entry)),
    };
    this.sendUsage(frame);
  }

  /** Sends a frame to those who watch something of it, as far as they do. */
  sendUsage({ minutes, ...frame }: UsageFrame): void {
    for (const [reader, watched] of this.#usage) {
      const seen = minutes.filter(([id]) => watched.has(id));
      if (seen.length > 0) reader.onFrame({ ...frame, minutes: seen });
    }
  }

  /** Somebody else changes accounts: one frame. */
  announce(changed: readonly AccountId[], gone: readonly AccountId[] = []): void {
    this.version += 1;
    const rows = changed.map((id) => ({ ...this.rowOf(this.at(id)), minutes: null }));
    this.#log.push({ version: this.version, changed: rows, gone });
    for (const reader of this.#accounts.keys()) this.#tell(reader);
  }

  /** More changed than can be told. */
  announceGap(): void {
    this.version += 1;
    for (const reader of this.#accounts.keys())
      reader.onFrame({ version: this.version, resumeId: String(this.version), changed: [], gone: [], gap: true });
  }

  /** Somebody else creates an account. */
  arrive(name: string, parent: AccountId = this.root.row.id): AccountId {
    const id = this.grow(name, parent);
    this.announce([id, ...this.ancestors(parent)]);
    return id;
  }

  /** An account is taken away by somebody else. */
  vanish(id: AccountId): void {
    const entry = this.at(id);
    const parent = entry.parent;
    parent?.children.splice(parent.children.indexOf(entry), 1);
    this.byId.delete(id);
    this.announce(parent ? this.ancestors(parent.row.id) : [], [id]);
  }

  list = (account: AccountRef, query: ListQuery, signal?: AbortSignal): Promise<AccountPage> =>
    this.#answer('list', [account, query], signal, () => {
      if (this.level === 'none') throw new SourceRefusal({ code: 'FORBIDDEN', message: 'Not allowed.' });
      const all = this.resolve(account)
        .children.filter(({ row }) => query.status.includes(row.status))
        .map((entry) => this.rowOf(entry))
        .sort(comparing(query));
      const start = Number(query.cursor ?? 0);
      const end = start + query.limit;
      return {
        rows: all.slice(start, end),
        nextCursor: end < all.length ? String(end) : null,
        total: all.length,
        treeVersion: this.version,
        resumeId: String(this.version),
        period: PERIOD,
      };
    });

  search = (
    account: AccountRef,
    { query, status, cursor, limit, sort, direction = 'asc', under, level, ...filters }: SearchQuery,
    signal?: AbortSignal,
  ): Promise<SearchPage> =>
    this.#answer('search', [account, query], signal, () => {
      const key = nameKey(query);
      const top = this.resolve(account);
      const every = [...this.byId.values()].filter(
        (entry) =>
          entry !== top &&
          status.includes(entry.row.status) &&
          nameKey(entry.row.name).includes(key) &&
          passesFilters(this.rowOf(entry), filters) &&
          (!filters.limits || isNearLimit(this.rowOf(entry).minutes?.total, entry.row.minutesMax)) &&
          (filters.blueprint === undefined || this.setUp.get(entry.row.id)?.blueprint === filters.blueprint) &&
          (filters.drift === undefined || this.setUp.get(entry.row.id)?.drift === filters.drift) &&
          (level === undefined || this.chain(entry, top).length === level) &&
          (under === undefined || (entry.row.id !== under && this.isBelow(entry, this.at(under)))) &&
          this.isBelow(entry, top),
      );
      if (sort) {
        const compare = comparing({ sort, direction });
        every.sort((a, b) => compare(this.rowOf(a), this.rowOf(b)));
      }
      const all = every.slice(0, this.mostFound);
      const start = Number(cursor ?? 0);
      const matches = all.slice(start, start + limit);
      const rows = new Set(matches.flatMap((entry) => this.chain(entry, top)));
      return {
        rows: [...rows].sort((a, b) => (a.row.depth ?? 0) - (b.row.depth ?? 0)).map((entry) => this.rowOf(entry)),
        matches: matches.map(({ row }) => row.id),
        total: all.length,
        more: all.length < every.length,
        nextCursor: start + limit < all.length ? String(start + limit) : null,
        treeVersion: this.version,
        resumeId: String(this.version),
        period: PERIOD,
      };
    });

  get = (account: AccountRef, signal?: AbortSignal): Promise<AccountDetail> =>
    this.#answer('get', [account], signal, () => {
      const entry = this.resolve(account);
      const levels = Object.fromEntries(
        PERMISSIONS.map(({ key }) => [key, key === 'account.subaccounts' ? this.level : 'full']),
      );
      return {
        ...this.rowOf(entry),
        metadata: {},
        path: [...this.chain(entry, null)].map(({ row: { id, name } }) => ({ id, name })),
        effective: this.effective,
        payer: this.payerOf(entry),
        keptDays: 35,
        levelsBelow: Math.max(0, this.maxDepth - this.chain(entry, null).length + 1),
        levels: levels as AccountDetail['levels'],
        features: this.features,
        treeVersion: this.version,
        resumeId: String(this.version),
      };
    });

  acts = async (): Promise<AccountActs> => this;

  readonly bulk = new MemoryBulk(this);
  readonly presets = new MemoryPermissions(this);
  readonly imports = new MemoryImports(this);
  kept: readonly SavedView[] = [];
  readonly views: ViewsSource = {
    list: async () => this.kept,
    save: async (_account, { id, ...view }) => {
      if (this.kept.some((one) => one.id !== id && one.name.toLowerCase() === view.name.toLowerCase()))
        throw new SourceRefusal({ code: 'NAME_TAKEN', message: 'You already have such a view.', field: 'name' });
      const own = id ?? (`00000000-0000-7000-8000-00000000000${this.kept.length + 1}` as RowId);
      this.kept = [...this.kept.filter((one) => one.id !== own), { ...view, id: own }];
      return own;
    },
    remove: async (_account, id) => {
      this.kept = this.kept.filter((one) => one.id !== id);
    },
  };

  offered: readonly OfferedBlueprint[] = [];
  /** By which blueprint accounts were set up, and how they stand to it. */
  readonly setUp = new Map<AccountId, { readonly blueprint: RowId; readonly drift: DriftState }>();
  readonly #watching = new Set<(treeVersion: number) => void>();

  /** An account stands otherwise to the blueprint that set it up, and nothing else of it changed. */
  drift(id: AccountId, blueprint: RowId, drift: DriftState): void {
    this.setUp.set(id, { blueprint, drift });
    this.version += 1;
    for (const changed of this.#watching) changed(this.version);
  }

  applied = (account: AccountId, accounts: readonly AccountId[]): Promise<readonly AppliedBlueprint[]> =>
    this.#answer('applied', [account, accounts], undefined, () =>
      accounts.flatMap((id) => {
        if (!this.byId.has(id))
          throw new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such account.', field: 'accounts' });
        const one = this.setUp.get(id);
        const known = this.offered.find((blueprint) => blueprint.id === one?.blueprint);
        const blueprint = known ? { id: known.id, name: known.name } : null;
        return one ? [{ account: id, blueprint, version: 1, state: 'set_up' as const, drift: one.drift }] : [];
      }),
    );

  watchApplied = (account: AccountId, changed: (treeVersion: number) => void): (() => void) => {
    this.calls.push({ method: 'watchApplied', args: [account] });
    this.#watching.add(changed);
    queueMicrotask(() => this.#watching.has(changed) && changed(this.version));
    return () => this.#watching.delete(changed);
  };
  blueprints = async (): Promise<readonly OfferedBlueprint[]> => this.offered;

  create = (parent: AccountId, { name }: { readonly name: string }) =>
    this.#answer('create', [parent, name], undefined, () => {
      const above = this.at(parent);
      const taken = above.children.some(({ row }) => row.status !== 'closed' && nameKey(row.name) === nameKey(name));
      if (taken)
        throw new SourceRefusal({
          code: 'NAME_TAKEN',
          message: `“${above.row.name}” already has a subaccount named “${name}”.`,
          field: 'name',
        });
      const entry = this.add(name.trim(), above);
      this.announce([entry.row.id, ...this.ancestors(parent)]);
      return { account: this.rowOf(entry), created: true };
    });

  rename = (account: AccountId, name: string) =>
    this.#answer('rename', [account, name], undefined, () => {
      const taken = this.at(account).parent?.children.some(
        ({ row }) => row.id !== account && nameKey(row.name) === nameKey(name),
      );
      if (taken)
        throw new SourceRefusal({
          code: 'NAME_TAKEN',
          message: `There is already a subaccount named “${name}”.`,
          field: 'name',
        });
      return this.#change(account, { name });
    });

  move = (account: AccountId, to: AccountId) =>
    this.#answer('move', [account, to], undefined, () => {
      const entry = this.at(account);
      const target = this.at(to);
      if (entry === target || this.isBelow(target, entry))
        throw new SourceRefusal({ code: 'MOVE_INTO_ITSELF', message: 'Not into itself.', field: 'to' });
      const before = entry.parent;
      before?.children.splice(before.children.indexOf(entry), 1);
      target.children.push(entry);
      entry.parent = target;
      const chain = before ? this.ancestors(before.row.id) : [];
      this.patch(account, { parentId: to, depth: (target.row.depth ?? 0) + 1 });
      this.announce([...chain, ...this.ancestors(account)]);
      return this.rowOf(entry);
    });

  setProtection = (account: AccountId, protection: 'on' | 'off') =>
    this.#answer('setProtection', [account, protection], undefined, () =>
      this.#change(account, { protected: protection === 'on' }),
    );

  previewSuspension = (account: AccountId, signal?: AbortSignal) =>
    this.#answer('previewSuspension', [account], signal, () => {
      const entry = this.at(account);
      const row = this.rowOf(entry);
      const sample = [...this.byId.values()].filter((other) => this.isBelow(other, entry)).slice(0, 10);
      return {
        accounts: row.subaccounts + 1,
        members: row.members.total,
        agents: row.agents.total,
        sample: sample.map(({ row: { id, name } }) => ({ id, name })),
      };
    });

  suspend = (account: AccountId, order: SuspensionOrder) =>
    this.#answer('suspend', [account, order.kind], undefined, () =>
      this.#change(account, seenAt({ status: 'suspended', suspension: order }, Date.now())),
    );

  reactivate = (account: AccountId) =>
    this.#answer('reactivate', [account], undefined, () =>
      this.#change(account, { status: 'active', suspension: null }),
    );

  close = (account: AccountId) =>
    this.#answer('close', [account], undefined, () => {
      if (this.at(account).children.some(({ row }) => row.status !== 'closed')) {
        throw new SourceRefusal({ code: 'HAS_LIVE_CHILDREN', message: 'It still has open subaccounts.' });
      }
      if (this.at(account).row.protected) throw new SourceRefusal({ code: 'PROTECTED', message: 'It is protected.' });
      return this.#change(account, { status: 'closed', closedAt: instantOf(BASE_MS) });
    });

  reopen = (account: AccountId) =>
    this.#answer('reopen', [account], undefined, () => this.#change(account, { status: 'active', closedAt: null }));

  subscribeUsage = (
    account: AccountRef,
    watched: readonly AccountId[],
    reader: LiveReader<UsageFrame>,
  ): (() => void) => {
    this.calls.push({ method: 'subscribeUsage', args: [account, watched] });
    this.#usage.set(reader, new Set(watched));
    queueMicrotask(() => {
      if (!this.#usage.has(reader)) return;
      const minutes = watched.flatMap((id) => this.byId.get(id) ?? []).map((entry) => this.minutesOf(entry));
      reader.onFrame({ version: this.version, period: PERIOD, minutes });
    });
    return () => this.#usage.delete(reader);
  };

  subscribeAccounts = (
    account: AccountRef,
    watched: AccountsWatched,
    reader: LiveReader<AccountsTold>,
  ): (() => void) => {
    this.calls.push({ method: 'subscribeAccounts', args: [account, watched] });
    this.#accounts.set(reader, watched);
    queueMicrotask(() => this.#tell(reader));
    return () => this.#accounts.delete(reader);
  };

  watchNear: AccountActs['watchNear'] = (account, after, reader) => {
    this.calls.push({ method: 'watchNear', args: [account, after] });
    this.#near.add(reader);
    return () => this.#near.delete(reader);
  };

  /** Tells whoever watches who is near a maximum how it is with an account. */
  tellNear(id: AccountId): void {
    const { minutes, minutesMax } = this.rowOf(this.at(id));
    const near = [[id, isNearLimit(minutes?.total, minutesMax)]] as const;
    for (const { onFrame } of this.#near) onFrame({ version: this.version, near });
  }

  /** Tells a reader what changed since its last frame, as far as it watches that. */
  #tell(reader: LiveReader<AccountsTold>): void {
    const watched = this.#accounts.get(reader);
    if (!watched) return;
    const { after, childrenOf, accounts = [this.root.row.id] } = watched;
    const watches = ({ id, parentId }: AccountRow): boolean =>
      childrenOf === null || accounts.includes(id) || (parentId !== null && childrenOf.includes(parentId));
    for (const { version, changed, gone } of this.#log)
      if (version > Number(after))
        reader.onFrame({ version, resumeId: String(version), changed: changed.filter(watches), gone });
    this.#accounts.set(reader, { ...watched, after: String(this.version) });
  }

  #change(id: AccountId, change: Partial<AccountRow>): AccountRow {
    this.patch(id, change);
    this.announce([id, ...this.ancestors(this.at(id).row.parentId ?? id)]);
    return this.rowOf(this.at(id));
  }

  async #answer<T>(
    method: Failing,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    answer: () => T,
  ): Promise<T> {
    this.calls.push({ method, args });
    const failures = this.#failures.get(method);
    const failure = failures?.shift();
    await Promise.resolve();
    const result = failure ?? (await this.#settle(answer));
    if (this.#gate) await this.#gate;
    signal?.throwIfAborted();
    if (result instanceof SourceRefusal) throw result;
    return result;
  }

  async #settle<T>(answer: () => T): Promise<T | SourceRefusal> {
    try {
      return answer();
    } catch (error) {
      if (error instanceof SourceRefusal) return error;
      throw error;
    }
  }
}

const compareNames = nameOrder();

function comparing({ sort, direction }: Pick<ListQuery, 'sort' | 'direction'>) {
  const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const by: Record<ListQuery['sort'], (a: AccountRow, b: AccountRow) => number> = {
    name: (a, b) => compareNames(nameKey(a.name), nameKey(b.name)),
    members: (a, b) => a.members.total - b.members.total,
    agents: (a, b) => a.agents.total - b.agents.total,
    minutes: (a, b) => Number(a.minutes?.total ?? 0) - Number(b.minutes?.total ?? 0),
    created: () => 0,
  };
  return (a: AccountRow, b: AccountRow): number => {
    const order = by[sort](a, b) || text(a.id, b.id);
    return direction === 'asc' ? order : -order;
  };
}

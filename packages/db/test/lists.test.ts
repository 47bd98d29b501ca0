import {
  type AccountFilters,
  type AccountId,
  type AccountRow,
  type AccountSort,
  type ActivityFilter,
  CAPS_FILTERS,
  instantOf,
  nameKey,
  nameOrder,
  passesFilters,
} from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import {
  countFiltered,
  type FlatQuery,
  filterSubtree,
  foldQuarters,
  listBelow,
  type PageKey,
  readAccountsBelow,
  type SearchKey,
  type SearchPage,
  type SortDirection,
  type TenantTransaction,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { close, count, event, NOVEMBER_10, plant, record, ticking } from './tenants.ts';

let test: TestDatabase;
const clock = ticking(NOVEMBER_10);
const now = instantOf(NOVEMBER_10);

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

const KEPT = { statuses: ['active', 'suspended'], now, visibility: 'with_minutes' } as const;

/** What stands below an account, as the rows of an export, which knows nothing of filters or orders here: the model. */
type Known = { readonly row: AccountRow; readonly level: number; readonly path: readonly AccountId[] };

async function allBelow(root: AccountId): Promise<Known[]> {
  const all = { ...KEPT, within: root, only: null, after: null, limit: 1_000 };
  const rows = await test.db.withTenant(root, (trx) => readAccountsBelow(trx, all));
  return rows.map(({ row, path }) => ({ row, level: path.length, path }));
}

const compareNames = nameOrder();
const numberOf: Partial<Record<AccountSort, (row: AccountRow) => number>> = {
  members: ({ members }) => members.total,
  agents: ({ agents }) => agents.total,
  minutes: ({ minutes }) => Number(minutes?.total),
};

function comparing(sort: AccountSort, direction: SortDirection): (a: Known, b: Known) => number {
  const sign = direction === 'asc' ? 1 : -1;
  const number = numberOf[sort];
  const byKey = (a: AccountRow, b: AccountRow): number =>
    number ? number(a) - number(b) : sort === 'name' ? compareNames(nameKey(a.name), nameKey(b.name)) : 0;
  return (a, b) => sign * (byKey(a.row, b.row) || (a.row.id < b.row.id ? -1 : 1));
}

type Kept = AccountFilters & { readonly under?: AccountId | undefined };

/** Accounts that were made inactive here: no row tells it. */
const inactive = new Set<AccountId>();
/** 30 whole days before what is now here are active still. */
const isActive = (day: string): boolean => day !== '-infinity' && day >= '2026-10-11';

const isKept = ({ row, level, path }: Known, { under, ...filters }: Kept): boolean =>
  passesFilters(row, filters) &&
  (filters.activity === undefined || (filters.activity === 'inactive') === inactive.has(row.id)) &&
  (filters.level === undefined || level === filters.level) &&
  (under === undefined || path.slice(0, -1).includes(under));

/** All pages of a flat list, a few rows each; null: too many for its order. */
async function flat(
  root: AccountId,
  kept: Kept,
  sort: AccountSort,
  direction: SortDirection,
  mostSorted: number,
): Promise<{ ids: AccountId[]; total: number } | null> {
  const ids: AccountId[] = [];
  for (let after: PageKey | null = null; ; ) {
    const query: FlatQuery = { ...KEPT, ...kept, within: root, search: null, sort, direction, after, limit: 4 };
    const page: SearchPage<PageKey> | null = await test.db.withTenant(root, (trx) => listBelow(trx, query, mostSorted));
    if (page === null) return null;
    ids.push(...page.matches);
    after = page.next;
    if (after === null) return { ids, total: page.total };
  }
}

/** All pages of what filters leave in the order of the tree, a few matches each. */
async function filtered(root: AccountId, kept: Kept): Promise<AccountId[]> {
  const ids: AccountId[] = [];
  for (let after: SearchKey | null = null; ; ) {
    const query: Parameters<typeof filterSubtree>[1] = { ...KEPT, ...kept, within: root, after, limit: 4 };
    const page: SearchPage = await test.db.withTenant(root, (trx) => filterSubtree(trx, query));
    ids.push(...page.matches);
    after = page.next;
    if (after === null) return ids;
  }
}

const change = fc.record({
  at: fc.nat(60),
  name: fc.constantFrom('Item 2', 'item 10', 'Äpfel', 'apple', 'Zürich', 'Nord', 'nördlich', '007'),
  members: fc.nat(2),
  agents: fc.nat(2),
  lowered: fc.nat(1),
  unreviewed: fc.nat(1),
  activeOn: fc.constantFrom('2026-11-10', '2026-10-11', '2026-10-10', '2026-09-01', '-infinity'),
  billing: fc.constantFrom('parent', 'direct'),
  transfer: fc.boolean(),
  fate: fc.constantFrom('open', 'open', 'open', 'closed'),
});
const filters: fc.Arbitrary<AccountFilters & { readonly at?: number | undefined }> = fc.record(
  {
    caps: fc.constantFrom(...CAPS_FILTERS),
    activity: fc.constantFrom('inactive' as const, 'active' as const),
    billing: fc.constantFrom('parent' as const, 'direct' as const),
    transfer: fc.constantFrom('in_progress' as const, 'none' as const),
    members: fc.constantFrom('none' as const, 'some' as const),
    agents: fc.constantFrom('none' as const, 'some' as const),
    level: fc.integer({ min: 1, max: 4 }),
    at: fc.nat(60),
  },
  { requiredKeys: [] },
);

/** Makes a tree. What is counted and decided is written as its owner: here it only has to be there. */
async function grow(changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]): Promise<AccountId> {
  const root = await plant(test.db, null, 'Root', clock());
  const open = [root];
  for (const [n, one] of changes.entries()) {
    const id = await plant(test.db, open[one.at % open.length]!, `${one.name} ${n}`, clock());
    await test.asOwner(
      `UPDATE accounts SET total_members = $2, total_agents = $3, caps_lowered = $4, billing_mode = $5, transfer_until = $6,
        caps_decided = caps_decided - $7, active_on = $8 WHERE id = $1`,
      [
        id,
        one.members,
        one.agents,
        one.lowered,
        one.billing,
        one.transfer ? '2026-12-01' : null,
        one.unreviewed,
        one.activeOn,
      ],
    );
    if (!isActive(one.activeOn)) inactive.add(id);
    if (one.fate === 'closed') await close(test.db, root, id, clock());
    else open.push(id);
  }
  return root;
}

describe('A flat list (rules/accounts 31)', () => {
  it('has, all pages together, what stands below and passes, in its order, whether it is sorted or read in the order of an index', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 5, maxLength: 25 }),
        fc.array(filters, { minLength: 3, maxLength: 3 }),
        fc.constantFrom<SortDirection>('asc', 'desc'),
        async (changes, asked, direction) => {
          const root = await grow(changes);
          const all = await allBelow(root);
          for (const { at, ...rest } of asked) {
            const kept = {
              ...rest,
              under: at === undefined || all.length === 0 ? undefined : all[at % all.length]!.row.id,
            };
            const there = all.filter((one) => isKept(one, kept));
            for (const sort of ['name', 'created', 'members', 'agents', 'minutes'] as const) {
              const ids = there.toSorted(comparing(sort, direction)).map(({ row }) => row.id);
              expect(await flat(root, kept, sort, direction, 1_000), sort).toEqual({ ids, total: ids.length });
              const unsorted = await flat(root, kept, sort, direction, 0);
              expect(unsorted, sort).toEqual(sort === 'name' || sort === 'created' ? { ids, total: ids.length } : null);
            }
            expect(await filtered(root, kept)).toEqual(there.map(({ row }) => row.id));
          }
        },
      ),
      { numRuns: rounds(5, 15) },
    );
  });

  it('keeps to those that were made between two instants', async () => {
    const root = await plant(test.db, null, 'Dates', clock());
    const before = instantOf(Date.now() - 60_000);
    const id = await plant(test.db, root, 'Young', clock());
    const after = instantOf(Date.now() + 60_000);
    expect((await flat(root, { createdFrom: before, createdBefore: after }, 'name', 'asc', 0))?.ids).toEqual([id]);
    expect((await flat(root, { createdFrom: after }, 'name', 'asc', 0))?.ids).toEqual([]);
    expect(await filtered(root, { createdBefore: before })).toEqual([]);
  });

  it('keeps to those that were active, by what was used of them and of all below, or to those that were not (rules/accounts 30)', async () => {
    const october = ticking(Date.UTC(2026, 9, 1));
    const root = await plant(test.db, null, 'Active', october());
    const parent = await plant(test.db, root, 'Parent', october());
    const child = await plant(test.db, parent, 'Child', october());
    const idle = await plant(test.db, root, 'Idle', october());
    const young = await plant(test.db, root, 'Young', clock());
    const kept = async (activity: ActivityFilter) => [
      (await filtered(root, { activity })).toSorted(),
      (await flat(root, { activity }, 'name', 'asc', 0))?.ids.toSorted(),
    ];
    const both = (...ids: AccountId[]) => [ids.toSorted(), ids.toSorted()];
    expect(await kept('inactive')).toEqual(both(parent, child, idle));
    expect(await kept('active')).toEqual(both(young));
    await record(test.db, [event(child, 'used', '1', instantOf(NOVEMBER_10 - 86_400_000))], clock());
    await count(test.db, clock());
    await foldQuarters(test.db);
    expect(await kept('inactive')).toEqual(both(idle));
    expect(await kept('active')).toEqual(both(parent, child, young));
  });

  it('knows when many were active that were used in one moment', async () => {
    const root = await plant(test.db, null, 'Many active', clock());
    await test.asOwner(
      `INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, metadata, billing_mode, payer_id, version, created_at)
        SELECT i, $1::uuid, $1::uuid, uuid_send(i), 'n' || n, 'n' || n, '{}', 'parent', $1::uuid, 1, now()
        FROM (SELECT uuidv7() AS i, n FROM generate_series(1, 2500) n) x`,
      [root],
    );
    await test.asOwner(
      `INSERT INTO unfolded_quarters (root_id, meter, accounts, quarters, owns, totals)
        SELECT $1::uuid, 'call.nanos', array_agg(id), array_agg($2::timestamptz), array_agg(1), array_agg(1) FROM accounts WHERE root_id = $1::uuid`,
      [root, instantOf(NOVEMBER_10)],
    );
    await foldQuarters(test.db);
    const active = (trx: TenantTransaction) =>
      countFiltered(trx, { statuses: KEPT.statuses, now, within: root, activity: 'active' });
    expect(await test.db.withTenant(root, active)).toEqual({ total: 2_500, more: false });
  });

  it('shows nothing above or beside the acting account, whatever branch is named', async () => {
    const root = await plant(test.db, null, 'Secret root', clock());
    const [ours, theirs] = [await plant(test.db, root, 'Ours', clock()), await plant(test.db, root, 'Theirs', clock())];
    const seen = await plant(test.db, ours, 'Seen', clock());
    await plant(test.db, theirs, 'Hidden', clock());
    for (const most of [0, 1_000]) {
      expect((await flat(ours, {}, 'name', 'asc', most))?.ids).toEqual([seen]);
      for (const under of [root, theirs]) expect((await flat(ours, { under }, 'name', 'asc', most))?.ids).toEqual([]);
    }
  });
});

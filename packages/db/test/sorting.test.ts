import type { AccountId, AccountRow, AccountSort, AccountStatus, Instant, UserId } from '@tenantree/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { further } from '../../../scripts/further.ts';
import { rounds } from '../../../scripts/rounds.ts';
import {
  beginTreeChange,
  type CountedAccounts,
  countMember,
  insertMember,
  type ListedChildren,
  listChildren,
  type PageKey,
  readAccountState,
  readMembers,
  type SortDirection,
  settleEverySort,
  settleSort,
  take,
  updateStatus,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { close, count, erase, event, move, NOVEMBER_10, person, plant, plantAll, record, ticking } from './tenants.ts';

/** From here on children have rows that they are sorted by. */
const MANY = 201;
const DECEMBER_1 = Date.UTC(2026, 11, 1);

let test: TestDatabase;
let root: AccountId;
let parent: AccountId;
let other: AccountId;
let children: AccountId[];
const people: UserId[] = [];
let clock = ticking(NOVEMBER_10);
let serial = 0;

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  root = await plant(test.db, null, 'Root', clock());
  other = await plant(test.db, root, 'Other', clock());
  for (const name of ['Ada', 'Ben', 'Cleo', 'Dan']) people.push(await person(test.db, name, clock()));
  parent = await plant(test.db, root, 'Many', clock());
  const names = Array.from({ length: MANY + 2 }, (_, i) => `Child ${i}`);
  children = await plantAll(test.db, parent, names, clock());
});
afterAll(() => test.drop());

type Listing = { sort: AccountSort; direction: SortDirection; statuses?: readonly AccountStatus[]; acting?: AccountId };

async function everyPage({
  sort,
  direction,
  statuses = ['active', 'suspended'],
  acting = root,
}: Listing): Promise<AccountRow[]> {
  const rows: AccountRow[] = [];
  let after: PageKey | null = null;
  for (;;) {
    const query = { parent, sort, direction, statuses, after, limit: 60, visibility: 'with_minutes' } as const;
    const page: ListedChildren = await test.db.withTenant(acting, (trx) =>
      listChildren(trx, { ...query, now: clock() }),
    );
    rows.push(...page.rows);
    after = page.next;
    if (!after) {
      expect(rows).toHaveLength(page.total);
      return rows;
    }
  }
}

const KEYS: Partial<Record<AccountSort, (row: AccountRow) => number>> = {
  minutes: ({ minutes }) => Number(minutes?.total),
  members: ({ members }) => members.total,
  agents: ({ agents }) => agents.total,
};

/** All pages hold every child once, in the order of what they show. */
async function expectSorted(acting = root): Promise<void> {
  for (const [sort, keyOf] of Object.entries(KEYS) as [AccountSort, (row: AccountRow) => number][])
    for (const direction of ['asc', 'desc'] as const)
      for (const statuses of [['active', 'suspended'], ['closed']] as const) {
        const rows = await everyPage({ sort, direction, statuses, acting });
        const sign = direction === 'asc' ? 1 : -1;
        const sorted = (await everyPage({ sort: 'created', direction, statuses, acting })).toSorted(
          (a, b) => sign * (keyOf(a) - keyOf(b)),
        );
        expect(
          rows.map(({ id }) => id),
          `${sort} ${direction}`,
        ).toEqual(sorted.map(({ id }) => id));
      }
}

/** What was counted and is to be settled. */
let waiting: CountedAccounts[] = [];

async function counted(): Promise<void> {
  for (const { root: tree, version, changes, complete } of await count(test.db, clock()))
    waiting.push({ root: tree, accounts: changes.map(({ account }) => account), versions: complete ? [version] : [] });
}

const use = (account: AccountId, minutes: string, at: Instant = clock()): Promise<unknown> =>
  record(test.db, [event(account, `sort ${serial++}`, minutes, at)], clock());

/** As the server that counted does it within a second. */
async function settled(): Promise<void> {
  while (waiting.length > 0) waiting = await settleSort(test.db, waiting, clock());
}

/** As any server does it every minute. */
const settledAll = (): Promise<void> => settleEverySort(test.db, clock());

async function change(
  work: (trx: Parameters<typeof beginTreeChange>[0], version: number) => Promise<void>,
): Promise<void> {
  await test.db.withTenant(root, async (trx) => work(trx, await beginTreeChange(trx, root)));
}

const step = fc.oneof(
  fc.record({ do: fc.constant('use' as const), at: fc.nat(), minutes: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ do: fc.constant('join' as const), at: fc.nat(), members: fc.nat(4), agents: fc.nat(4) }),
  fc.record({
    do: fc.constantFrom('create', 'leave', 'return', 'close', 'reopen', 'erase', 'count', 'settle'),
    at: fc.nat(),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function reopen(account: AccountId): Promise<void> {
  await change(async (trx, version) => {
    const state = await readAccountState(trx, account);
    if (state?.status !== 'closed') return;
    await updateStatus(trx, state, { status: 'active', suspension: null, suspendedAt: null, closedAt: null }, version);
  });
}

async function apply(one: Step, away: AccountId[], closed: AccountId[]): Promise<void> {
  const draw = (from: AccountId[]): AccountId | undefined => from.splice(one.at % Math.max(from.length, 1), 1)[0];
  const child = children[one.at % children.length]!;
  if ('minutes' in one) await use(child, String(one.minutes));
  else if ('members' in one)
    await change(async (trx, version) => {
      await take(trx, [{ account: child, resource: 'agents', n: one.agents }], version);
      const present = await readMembers(trx, child);
      for (const user of people.slice(present.length, one.members)) {
        await insertMember(trx, child, user, 'member', clock());
        await countMember(trx, child, user, 'came', version);
      }
    });
  else if (one.do === 'create') children.push(await plant(test.db, parent, `New ${serial++}`, clock()));
  else if (one.do === 'leave') {
    away.push(draw(children)!);
    await move(test.db, root, away.at(-1)!, other, clock());
  } else if (one.do === 'return') {
    const account = draw(away);
    if (!account) return;
    await move(test.db, root, account, parent, clock());
    children.push(account);
  } else if (one.do === 'close') {
    closed.push(draw(children)!);
    await close(test.db, root, closed.at(-1)!, clock());
  } else if (one.do === 'reopen') {
    const account = draw(closed);
    if (!account) return;
    await reopen(account);
    children.push(account);
  } else if (one.do === 'erase') {
    const account = draw(closed);
    if (account) await erase(test.db, root, account);
  } else if (one.do === 'count') await counted();
  else await settled();
}

describe('Children of an account that has many', () => {
  it('stand on every page once, in the order of their minutes, members or agents, after any changes', async () => {
    await settledAll();
    const [away, closed]: AccountId[][] = [[], []];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        for (const one of steps) await apply(one, away!, closed!);
        await counted();
        await settled();
        await expectSorted();
      }),
      { numRuns: rounds(4, 16) },
    );
  });

  it('show exact minutes at once, also where the order is of a moment ago', async () => {
    await counted();
    await settled();
    const last = (await everyPage({ sort: 'minutes', direction: 'desc' })).at(-1)!;
    await use(last.id, '100000');
    await counted();
    const before = (await everyPage({ sort: 'minutes', direction: 'desc' })).at(-1)!;
    expect(before.id).toBe(last.id);
    expect(Number(before.minutes?.total)).toBe(Number(last.minutes?.total) + 100_000);
    await settled();
    expect((await everyPage({ sort: 'minutes', direction: 'desc' }))[0]!.id).toBe(last.id);
  });

  it('are sorted anew within a minute when what changed is not known any more', async () => {
    await use(children[5]!, '200000');
    await counted();
    // Whoever counted ended right after, and nobody was there for so long that the log forgot it.
    waiting = [];
    await test.asOwner('DELETE FROM tree_changes WHERE root_id = $1', [root]);
    await use(children[6]!, '300000');
    await counted();
    await settled();
    expect((await everyPage({ sort: 'minutes', direction: 'desc' }))[0]!.id).toBe(children[6]);
    await settledAll();
    await expectSorted();
  });

  it('are sorted by what was counted also where more changed at once than the log lists', async () => {
    const unlist = () =>
      test.asOwner("UPDATE tree_changes SET accounts = NULL WHERE root_id = $1 AND kind = 'usage'", [root]);
    await use(children[8]!, '400000');
    await counted();
    await unlist();
    await settled();
    await expectSorted();
    await use(children[9]!, '500000');
    await counted();
    await unlist();
    // Another server counts, and doesn't know what the first one did.
    const [theirs] = [waiting, (waiting = [])];
    await use(children[10]!, '600000');
    await counted();
    await settled();
    expect((await everyPage({ sort: 'minutes', direction: 'desc' }))[0]!.id).toBe(children[10]);
    waiting = theirs;
    await settled();
    await expectSorted();
  });

  further('are sorted the same when they become few, and many again', async () => {
    const gone = children.splice(0, children.length - 80);
    for (const account of gone) await move(test.db, root, account, other, clock());
    await expectSorted();
    for (const account of gone) await move(test.db, root, account, parent, clock());
    children.push(...gone);
    while (children.length < MANY) children.push(await plant(test.db, parent, `More ${serial++}`, clock()));
    await expectSorted();
    await settledAll();
    await expectSorted();
  });

  it('are never shown in the order of last month', async () => {
    clock = ticking(DECEMBER_1);
    await expectSorted();
    await use(children[7]!, '3');
    await counted();
    await expectSorted();
    await settled();
    await expectSorted();
    await settledAll();
    await expectSorted();
    expect((await everyPage({ sort: 'minutes', direction: 'desc' }))[0]!.id).toBe(children[7]);
  });

  it('are sorted in another tree as they were in theirs', async () => {
    const changeRoot = (to: AccountId | null) => test.asOwner('SELECT change_root($1, $2, $3)', [parent, to, clock()]);
    await use(children[3]!, '7');
    await counted();
    await changeRoot(null);
    await expectSorted(parent);
    await settledAll();
    await expectSorted(parent);
    await changeRoot(other);
    await settledAll();
    await expectSorted();
    await move(test.db, root, parent, root, clock());
  });

  it('are no obstacle to each other: sorting, counting and changes of the tree at the same time', async () => {
    const settling = (async () => {
      for (let i = 0; i < 30; i += 1) await settledAll();
    })();
    const using = (async () => {
      for (let i = 0; i < 15; i += 1) {
        await use(children[i]!, '1');
        await counted();
      }
    })();
    const moving = (async () => {
      for (const account of children.slice(0, 15)) {
        await move(test.db, root, account, other, clock());
        await move(test.db, root, account, parent, clock());
      }
    })();
    await Promise.all([settling, using, moving]);
    await settled();
    await expectSorted();
  });

  it('are seen by nobody beside or below them, whatever is asked for', async () => {
    const seen = (acting: AccountId, table: string) =>
      test.db.withTenant(acting, async (trx) => {
        const { rows } = await sql<{ account_id: AccountId }>`SELECT account_id FROM ${sql.table(table)}`.execute(trx);
        return rows.map((row) => row.account_id);
      });
    for (const table of ['account_sort_minutes', 'account_sort_counts']) {
      expect((await seen(parent, table)).length, table).toBeGreaterThanOrEqual(MANY);
      expect(await seen(children[0]!, table), table).toEqual([children[0]]);
      expect(
        (await seen(other, table)).filter((id) => children.includes(id)),
        table,
      ).toEqual([]);
    }
    expect(await seen(children[0]!, 'sorted_parents')).toEqual([]);
  });
});

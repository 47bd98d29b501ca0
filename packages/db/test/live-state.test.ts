import type { AccountId } from '@tenantree/domain';
import { instantOf } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Database, forgetTreeChanges, readAccountsState, readLiveVersion, readUsageState } from '../src/index.ts';
import { createLoneDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, openExplained } from './explained.ts';
import {
  close,
  count,
  erase,
  event,
  freshId,
  move,
  NOVEMBER_10,
  PERIOD,
  plant,
  plantAll,
  record,
  ticking,
} from './tenants.ts';

const now = ticking(NOVEMBER_10);
let test: TestDatabase;
let db: Database;
beforeAll(async () => {
  test = await createLoneDatabase(inject('cluster'));
  ({ db } = test);
});
afterAll(() => test.drop());

/** A tree of some accounts below its root, each with a minute used. */
async function grow(children: number): Promise<{ readonly root: AccountId; readonly children: readonly AccountId[] }> {
  const root = await plant(db, null, 'Main', now());
  const names = Array.from({ length: children }, (_, n) => `Child ${n}`);
  const ids = await plantAll(db, root, names, now());
  await use(...ids);
  return { root, children: ids };
}

async function use(...accounts: readonly AccountId[]): Promise<void> {
  await record(
    db,
    accounts.map((account) => event(account, freshId(), '1', instantOf(NOVEMBER_10))),
    now(),
  );
  await count(db, now());
}

type Scope = { readonly only?: readonly AccountId[]; readonly childrenOf?: readonly AccountId[] };
const usage = (subtree: AccountId, since: number, only?: readonly AccountId[]) =>
  readUsageState(db, { subtree, since, period: PERIOD, ...(only && { only }) });
const accounts = (subtree: AccountId, since: number, scope: Scope = {}) =>
  readAccountsState(db, { subtree, since, now: now(), ...scope });
const totals = (state: Awaited<ReturnType<typeof usage>>) =>
  new Map(state.changes.map(({ account, total }) => [account, total]));
const changed = (state: Awaited<ReturnType<typeof accounts>>) => state.accounts.map(({ row }) => row.id).sort();

describe('who was away', () => {
  it('is told of nothing when nothing changed', async () => {
    const { root, children } = await grow(3);
    const version = await readLiveVersion(db, root);
    expect(await usage(root, version)).toEqual({ version, from: version, gap: false, moved: [], changes: [] });
    expect((await usage(root, version, children)).changes).toEqual([]);
    expect(await accounts(root, version)).toEqual({ version, from: version, gap: false, accounts: [], departures: [] });
  });

  it('is told of each kind of change, and of nothing else', async () => {
    const { root, children } = await grow(4);
    const [east, west, leaf, shut] = children as [AccountId, AccountId, AccountId, AccountId];
    let since = await readLiveVersion(db, root);
    const after = async (change: () => Promise<unknown>) => {
      await change();
      const told = { usage: await usage(root, since), accounts: await accounts(root, since) };
      since = told.usage.version;
      return told;
    };

    const counted = await after(() => use(leaf));
    expect(totals(counted.usage)).toEqual(
      new Map([
        [root, '5'],
        [leaf, '2'],
      ]),
    );
    expect(counted.accounts.accounts).toEqual([]);

    let made = '' as AccountId;
    const created = await after(async () => (made = await plant(db, east, 'Made', now())));
    expect(changed(created.accounts)).toEqual([root, east, made].sort());
    expect(created.usage.changes).toEqual([]);

    const closed = await after(() => close(db, root, shut, now()));
    expect(changed(closed.accounts)).toEqual([root, shut].sort());

    const moved = await after(() => move(db, root, leaf, west, now()));
    expect(changed(moved.accounts)).toEqual([root, west, leaf].sort());
    expect(moved.accounts.departures).toMatchObject([{ account: leaf, path: [root, leaf] }]);
    expect(totals(moved.usage).get(leaf)).toBe('2');

    const erased = await after(() => erase(db, root, shut));
    expect(erased.accounts.accounts).toEqual([]);
    expect(erased.accounts.departures).toMatchObject([{ account: shut, path: [root, shut] }]);
  });

  it('is told of what is below the watched account, and of the accounts and branches that are named', async () => {
    const { root, children } = await grow(2);
    const [east, west] = children as [AccountId, AccountId];
    const [a, b, c] = [
      await plant(db, east, 'A', now()),
      await plant(db, east, 'B', now()),
      await plant(db, west, 'C', now()),
    ];
    const since = await readLiveVersion(db, root);
    await use(a, b, c);
    expect([...totals(await usage(east, since)).keys()].sort()).toEqual([east, a, b].sort());
    expect([...totals(await usage(root, since, [b, west])).keys()].sort()).toEqual([b, west].sort());
    const made = await plant(db, west, 'D', now());
    await move(db, root, b, west, now());
    expect(changed(await accounts(east, since))).toEqual([east]);
    expect((await accounts(east, since)).departures).toMatchObject([{ account: b }]);
    expect(changed(await accounts(root, since, { only: [root], childrenOf: [west] }))).toEqual([root, b, made].sort());
    // What left a branch is told with where it is now.
    expect(changed(await accounts(root, since, { only: [], childrenOf: [east] }))).toEqual([b]);
  });

  it('is told the minutes of what came with a move, which were counted elsewhere before', async () => {
    const { root, children } = await grow(2);
    const [east, west] = children as [AccountId, AccountId];
    const branch = await plant(db, east, 'Branch', now());
    const leaf = await plant(db, branch, 'Leaf', now());
    await use(leaf);
    const since = await readLiveVersion(db, root);
    await move(db, root, branch, west, now());
    const named = await usage(west, since, [leaf]);
    expect(named.from).toBe(0);
    expect(totals(named)).toEqual(new Map([[leaf, '1']]));
    expect((await usage(west, since)).moved).toEqual(expect.arrayContaining([branch, west, root]));
  });

  it('reads anew what it shows when the changes since are not kept any more, or are too many', async () => {
    const { root, children } = await grow(3);
    const since = await readLiveVersion(db, root);
    await use(children[0]!);
    await erase(db, root, children[2]!);
    await forgetTreeChanges(db, 0);
    expect(await usage(root, since)).toMatchObject({ gap: true, from: 0 });
    expect(totals(await usage(root, since))).toEqual(
      new Map([
        [root, '4'],
        [children[0], '2'],
        [children[1], '1'],
      ]),
    );
    expect(await usage(root, since, [children[0]!])).toMatchObject({ gap: false, changes: [{ total: '2' }] });
    expect(await accounts(root, since)).toMatchObject({ gap: true, accounts: [], departures: [] });
    const version = await readLiveVersion(db, root);
    await use(children[1]!);
    expect(totals(await usage(root, version))).toEqual(
      new Map([
        [root, '5'],
        [children[1], '2'],
      ]),
    );
    expect(await accounts(root, version)).toMatchObject({ gap: false, departures: [] });
    await forgetTreeChanges(db, 15);
    expect(await usage(root, version)).toMatchObject({ gap: false });
  });
});

describe('a first state', () => {
  it('is that of the account and its first 200 children, where no accounts are named', async () => {
    const { root, children } = await grow(203);
    const below = await plant(db, children[0]!, 'Below', now());
    await use(below);
    const state = await usage(root, 0);
    expect(state).toMatchObject({ from: 0, gap: false });
    expect([...totals(state).keys()].sort()).toEqual([root, ...children.slice(0, 200)].sort());
    const shown = [below, ...children.slice(150)];
    expect([...totals(await usage(root, 0, shown)).keys()].sort()).toEqual(shown.toSorted());
  });
});

describe('the cost for the database', () => {
  it('is about the same in a tree of 60 and in one of 1 000 accounts', async () => {
    const { db: one, ranFor, close: closeExplained } = await openExplained(test);
    /**
     * Blocks of tables and indices that a read looks at, once what it needs of the catalogue is known and plans are kept, as they are from a
     * connection's sixth time on: the fewest of more reads than that, as autovacuum has a connection forget what it knows.
     */
    const blocks = async (read: () => Promise<unknown>): Promise<number> => {
      const looked: number[] = [];
      for (let i = 0; i < 8; i += 1) looked.push((await ranFor(read)).map(blocksOf).reduce((sum, one) => sum + one, 0));
      return Math.min(...looked.slice(1));
    };
    const costs = async (size: number) => {
      const { root, children } = await grow(size);
      // Whatever autovacuum did so far: no dead row is passed over on the way, and every plan knows how large the tables are.
      await test.asOwner('VACUUM ANALYZE');
      const shown = children.slice(0, 50);
      const quiet = await readLiveVersion(db, root);
      const query = { subtree: root, period: PERIOD, now: now() };
      const nothing = {
        usage: await blocks(() => readUsageState(one, { ...query, since: quiet })),
        named: await blocks(() => readUsageState(one, { ...query, since: quiet, only: shown })),
        accounts: await blocks(() => readAccountsState(one, { ...query, since: quiet })),
        first: await blocks(() => readUsageState(one, { ...query, since: 0, only: shown })),
      };
      await use(children[0]!);
      const some = { usage: await blocks(() => readUsageState(one, { ...query, since: quiet })) };
      return { nothing, some };
    };
    const [small, large] = [await costs(60), await costs(1_000)];
    for (const key of ['usage', 'named', 'accounts', 'first'] as const) {
      expect(small.nothing[key], key).toBeGreaterThan(0);
      // Indices are a level deeper. Reading the tree would be thousands.
      expect(large.nothing[key], key).toBeLessThanOrEqual(small.nothing[key] + 10);
    }
    expect(large.nothing.usage).toBeLessThan(30);
    expect(large.some.usage).toBeLessThanOrEqual(small.some.usage + 10);
    await closeExplained();
  }, 120_000);
});

import type { AccountId, Decimal, Instant, RowId, UserId } from '@tenantree/domain';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as store from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained, openExplained, type Ran, rowsFor, scannedBy } from './explained.ts';
import { CREATOR, PLACES, plantEvents, plantTree } from './tree-before.ts';

const ACCOUNTS = 100_000;
/** A tenth of what a large deployment brings: the whole million takes two minutes (`TENANTREE_TEST_EVENTS=1000000`). */
const EVENTS = Number(process.env['TENANTREE_TEST_EVENTS'] ?? 100_000);
/** The last release before accounts stood in ranges. */
const BEFORE = '0012-held-standing';
const MOVED_AT = '2026-11-10T12:07:00.000Z';
const NOW = '2026-11-28T12:00:00.000Z' as Instant;
const NOVEMBER = '2026-11-01T00:00:00.000Z' as Instant;

let test: TestDatabase;
let explained: Explained;
const said: string[] = [];
let ids: Record<keyof typeof PLACES, AccountId>;
/** Sums of the events themselves, by account of a chain and month, before anything was migrated. */
let sums: { readonly id: AccountId; readonly month: string; readonly total: string }[];

beforeAll(async () => {
  test = await createTestDatabase(inject('database'), { template: 'empty' });
  await store.migrate(test.config, { to: BEFORE });
  const client = new pg.Client(test.config);
  await client.connect();
  await plantTree(client, ACCOUNTS);
  await plantEvents(client, { from: 1, to: EVENTS, until: NOW, days: 50 });
  // One of the parents moves in the middle of the time: what was before belongs to the old place.
  await client.query(`SELECT move_subtree(id_of(${PLACES.flat}), id_of(${PLACES.there}), 1001, $1)`, [MOVED_AT]);
  const { rows } = await client.query<{ name: keyof typeof PLACES; id: AccountId }>(
    'SELECT u.name, id_of(u.i) AS id FROM unnest($1::text[], $2::bigint[]) u(name, i)',
    [Object.keys(PLACES), Object.values(PLACES)],
  );
  ids = Object.fromEntries(rows.map(({ name, id }) => [name, id])) as typeof ids;
  // What the release before counted: every event into the chain of its instant.
  await client.query(`TRUNCATE usage_totals;
    INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
    SELECT x.id, e.meter, date_trunc('month', e.occurred_at, 'UTC'), coalesce(sum(e.quantity) FILTER (WHERE x.id = e.account_id), 0), sum(e.quantity),
      count(*) FILTER (WHERE x.id = e.account_id), count(*), 1
    FROM usage_events e JOIN accounts a ON a.id = e.account_id
    LEFT JOIN past_placements p ON p.account_id = e.account_id AND e.occurred_at < p.valid_to
    CROSS JOIN LATERAL unnest(coalesce(p.path, a.path)) x(id) GROUP BY 1, 2, 3`);
  sums = (
    await client.query<{ id: AccountId; month: string; total: string }>(
      `SELECT account_id AS id, to_char(period AT TIME ZONE 'UTC', 'YYYY-MM') AS month, total::text FROM usage_totals
       WHERE account_id = ANY (SELECT id_of(i) FROM unnest($1::bigint[]) i) ORDER BY 1, 2`,
      [[PLACES.root, PLACES.flat, PLACES.there, 10_000_001]],
    )
  ).rows;
  await store.migrate(test.config, { onProgress: ({ migration, step }) => said.push(`${migration}: ${step}`) });
  await client.query('VACUUM ANALYZE');
  await client.end();
  await store.prepareDatabase({ database: test.config, owner: null, secret: 'a secret of this test' });
  explained = await openExplained(test);
}, 300_000);
afterAll(async () => {
  await explained.close();
  await test.drop();
});

describe(`A database of the release before, with 100 000 accounts and ${EVENTS} events`, () => {
  it('is brought up to date and says how far it is', () => {
    expect(said.length).toBeGreaterThan(3);
    expect(said.join('\n')).toMatch(/0014-usage: .*2026/);
  });

  it('has the same usage afterwards, in totals, in series and in events', async () => {
    const stored = await test.asOwner<{ n: string; total: string }>(
      'SELECT count(*) AS n, sum(quantity)::text AS total FROM usage_events',
    );
    const [root] = sums.filter(({ id }) => id === ids.root).map(({ total }) => Number(total));
    expect(Number(stored[0]?.n)).toBe(EVENTS);
    expect(root).toBeGreaterThan(0);
    for (const account of new Set(sums.map(({ id }) => id))) {
      const months = await explained.db.withTenant(ids.root, (trx) =>
        store.readSeries(trx, {
          account,
          meter: 'call.seconds',
          from: '2026-10-01T00:00:00.000Z' as Instant,
          to: '2026-12-01T00:00:00.000Z' as Instant,
          bucket: 'month',
          timeZone: 'UTC',
          scope: 'total',
          by: 'none',
        }),
      );
      const expected = sums.filter(({ id }) => id === account);
      expect(months.map(({ start, quantity }) => [start.slice(0, 7), Number(quantity)])).toEqual(
        expected.map(({ month, total }) => [month, Number(total)]),
      );
      const totals = await explained.db.withTenant(ids.root, (trx) =>
        store.readTotals(trx, account, 'call.seconds', NOVEMBER),
      );
      expect(Number(totals.quantity.total)).toBe(Number(expected.find(({ month }) => month === '2026-11')?.total ?? 0));
    }
  });

  it('has the same tree afterwards, without the memberships of who made it all', async () => {
    const [tree] = await test.asOwner<{ accounts: number; wrong: number; members: number }>(`
      SELECT count(*)::int AS accounts, (SELECT count(*)::int FROM members WHERE user_id = '${CREATOR}') AS members,
        count(*) FILTER (WHERE path_of(a.root_id, a.path_key) <>
          CASE WHEN s.path @> ARRAY[id_of(${PLACES.flat})] THEN ARRAY[id_of(0), id_of(${PLACES.there})] || s.path[2:] ELSE s.path END)::int AS wrong
      FROM seed s JOIN accounts a ON a.id = id_of(s.i)`);
    const planted = await test.asOwner<{ n: number }>('SELECT count(*)::int AS n FROM seed');
    expect(tree).toEqual({ accounts: planted[0]?.n, wrong: 0, members: 31 });
  });
});

/** Reads of no tree's data: sign-in and time zones; and of the main accounts that one person made. */
const ELSEWHERE: readonly string[] = [
  'findMainAccountMadeBy',
  'findSession',
  'readAttempts',
  'readInstants',
  'readSessions',
  'readTimeZones',
];

/** Most blocks that a read looks at for each row that it returns or sums up; and however little it finds. */
const [MOST_PER_ROW, MOST_FOR_NOTHING] = [50, 500];

type Reads = Record<string, () => Promise<unknown>>;
const PAGE = {
  statuses: ['active', 'suspended'],
  after: null,
  limit: 50,
  visibility: 'with_minutes',
  now: NOW,
} as const;

/** Every read of this package, as it is asked in a large tree. */
function readsOf({ db }: Explained): Reads {
  const { root, flat, small, leaf } = ids;
  const user = CREATOR as UserId;
  const as =
    <T>(account: AccountId, work: (trx: store.TenantTransaction) => Promise<T>) =>
    () =>
      db.withTenant(account, work, { snapshot: true });
  const list = (sort: store.AccountSort) =>
    as(root, (trx) => store.listChildren(trx, { ...PAGE, parent: flat, sort, direction: 'desc' }));
  const search = (within: AccountId, text: string) =>
    as(root, (trx) => store.searchSubtree(trx, { ...PAGE, within, text, textKey: text }));
  const series = {
    account: root,
    meter: 'call.minutes',
    from: NOVEMBER,
    to: NOW,
    bucket: 'day',
    timeZone: 'Europe/Berlin',
  } as const;
  const live = { subtree: root, period: NOVEMBER, now: NOW };
  const secret = Buffer.alloc(32, 7);
  const none = '00000000-0000-7000-8000-0000000000ff' as RowId;
  return {
    'listChildren by name': list('name'),
    'listChildren by minutes': list('minutes'),
    'listChildren by members': list('members'),
    'listChildren by agents': list('agents'),
    'listChildren by created': list('created'),
    'searchSubtree of 80': search(small, 'dental'),
    'searchSubtree, common': search(root, 'dental'),
    'searchSubtree, few': search(root, 'xanthippe'),
    'searchSubtree, none': search(root, 'qwrzpf'),
    readAccountState: as(root, (trx) => store.readAccountState(trx, leaf)),
    readAccountRows: as(root, (trx) => store.readAccountRows(trx, [flat, small, leaf], NOW, 'with_minutes')),
    readCreationGround: as(root, (trx) =>
      store.readCreationGround(trx, flat, { nameKey: 'nobody', externalId: 'x-1' }),
    ),
    readSuspensionReach: as(root, (trx) => store.readSuspensionReach(trx, small)),
    findSibling: as(root, (trx) => store.findSibling(trx, flat, 'nobody')),
    readAgents: as(root, (trx) => store.readAgents(trx, leaf, null, 50)),
    findAgentsByExternalId: as(root, (trx) => store.findAgentsByExternalId(trx, leaf, ['x-1'])),
    readLiveVersion: () => store.readLiveVersion(db, root),
    readTreeOf: () => store.readTreeOf(db, leaf),
    findRepeats: () =>
      store.findRepeats(
        db,
        [{ root, account: leaf, key: 'k', quantity: '1' as Decimal, occurredAt: NOVEMBER, attributes: {} }],
        { meter: 'call.seconds' },
      ),
    readTreeVersion: as(root, store.readTreeVersion),
    resolveInSubtree: as(root, (trx) => store.resolveInSubtree(trx, [leaf, flat], ['x-1', 'x-2'])),
    readChain: () => store.readChain(db, leaf),
    readPaths: () => store.readPaths(db, [leaf, small]),
    readMembershipsOn: () => store.readMembershipsOn(db, user, [root, flat]),
    readEntrances: () => store.readEntrances(db, user, 50),
    findByExternalId: () => store.findByExternalId(db, 'x-1', user, null),
    readMembers: as(leaf, (trx) => store.readMembers(trx, leaf)),
    readInvitations: as(root, (trx) => store.readInvitations(trx, leaf, NOW)),
    findInvitation: () => store.findInvitation(db, secret),
    readApiKeys: as(root, (trx) => store.readApiKeys(trx, root)),
    findApiKey: () => store.findApiKey(db, secret, NOW),
    findEmbedToken: () => store.findEmbedToken(db, secret),
    readAudit: as(root, (trx) =>
      store.readAudit(trx, {
        root,
        account: root,
        scope: 'nested',
        actions: null,
        actor: null,
        before: null,
        limit: 50,
      }),
    ),
    readTotals: as(root, (trx) => store.readTotals(trx, root, 'call.minutes', NOVEMBER)),
    'readSeries of all below': as(root, (trx) => store.readSeries(trx, { ...series, scope: 'total', by: 'none' })),
    'readSeries of one': as(root, (trx) =>
      store.readSeries(trx, { ...series, account: leaf, scope: 'own', by: 'agent' }),
    ),
    'readUsageState, first': () => store.readUsageState(db, { ...live, since: 0 }),
    'readUsageState, listed': () => store.readUsageState(db, { ...live, since: 0, only: [flat, small, leaf] }),
    'readUsageState, resumed': async () =>
      store.readUsageState(db, { ...live, since: await store.readLiveVersion(db, root) }),
    'readAccountsState, resumed': async () =>
      store.readAccountsState(db, { ...live, since: await store.readLiveVersion(db, root) }),
    readUncountedTrees: () => store.readUncountedTrees(db),
    findErasable: () => store.findErasable(db, NOW, 100),
    readRoleOf: as(leaf, (trx) => store.readRoleOf(trx, leaf, 'ben@example.com')),
    unknown: as(root, (trx) => store.readAccountState(trx, none as string as AccountId)),
  };
}

/** What a statement costs more than it may. */
function faultsOf(ran: readonly Ran[], tables: ReadonlySet<string>): string[] {
  return ran.flatMap((statement) => {
    const [blocks, rows] = [blocksOf(statement), rowsFor(statement)];
    const scans = scannedBy(statement).filter((table) => tables.has(table));
    const text = statement.text.replaceAll(/\s+/g, ' ').slice(0, 160);
    return [
      ...scans.map((table) => `reads all of ${table}: ${text}`),
      ...(blocks > Math.max(MOST_FOR_NOTHING, rows * MOST_PER_ROW)
        ? [`${blocks} blocks for ${rows} rows: ${text}`]
        : []),
    ];
  });
}

describe('At 100 000 accounts every read', () => {
  it('looks only at what it answers with', async () => {
    const large = await test.asOwner<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 1000`,
    );
    const tables = new Set(large.map(({ name }) => name));
    expect([...tables]).toEqual(expect.arrayContaining(['accounts', 'usage_totals', 'usage_events_2026_11']));
    // Children of accounts with many are sorted by rows that a server makes when it starts.
    await store.settleEverySort(explained.db, NOW);
    const faults: Record<string, string[]> = {};
    for (const [name, read] of Object.entries(readsOf(explained))) {
      // Once, so that what it needs of the catalogue is known.
      await read();
      const found = faultsOf(await explained.ranFor(read), tables);
      if (found.length > 0) faults[name] = found;
    }
    expect(faults).toEqual({});
  });

  it('is asked here', () => {
    const asked = new Set(Object.keys(readsOf(explained)).map((name) => name.split(/[ ,]/)[0]));
    const reads = Object.keys(store).filter((name) => /^(read|list|search|find|resolve)[A-Z]/.test(name));
    const elsewhere = ELSEWHERE.filter((name) => reads.includes(name));
    expect(elsewhere.toSorted()).toEqual(ELSEWHERE);
    expect(reads.filter((name) => !asked.has(name) && !ELSEWHERE.includes(name))).toEqual([]);
  });
});

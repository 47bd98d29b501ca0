import type { AccountId, Instant, UserId } from '@tenantree/domain';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as store from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained, openExplained, type Ran, rowsFor, scannedBy } from './explained.ts';
import { NOVEMBER, NOW, readsOf } from './reads.ts';
import { CREATOR, PLACES, plantEvents, plantTree } from './tree-before.ts';

const ACCOUNTS = 100_000;
/** A tenth of what a large deployment brings: the whole million takes two minutes (`TENANTREE_TEST_EVENTS=1000000`). */
const EVENTS = Number(process.env['TENANTREE_TEST_EVENTS'] ?? 100_000);
/** The last release before accounts stood in ranges. */
const BEFORE = '0012-held-standing';
const MOVED_AT = '2026-11-10T12:07:00.000Z';

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

/** Most blocks that a read looks at for each row that it returns or sums up; and however little it finds. */
const [MOST_PER_ROW, MOST_FOR_NOTHING] = [50, 500];

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
    for (const [name, read] of Object.entries(readsOf(explained.db, { ...ids, user: CREATOR as UserId }))) {
      // Once, so that what it needs of the catalogue is known.
      await read();
      const found = faultsOf(await explained.ranFor(read), tables);
      if (found.length > 0) faults[name] = found;
    }
    expect(faults).toEqual({});
  });
});

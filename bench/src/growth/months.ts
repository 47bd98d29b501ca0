// What a month of usage costs to read at the root when there are ten times as many events, beside the build before; and what two servers
// gain when they count two trees at once.
import { Client } from 'pg';
import {
  countTree,
  openDatabase,
  openUsageStore,
  prepareDatabase,
  type SeriesPoint,
} from '../../../packages/db/src/index.ts';
import { PLACES, plantEvents, plantTree } from '../../../packages/db/test/tree-before.ts';
import { median, nowMs } from '../measure.ts';
import { digits, type Target } from '../report.ts';
import type { BuildBefore } from './build-before.ts';
import { databaseCpu } from './cpu.ts';

type Connection = { host: string; port: number; user: string; database: string };
type AccountId = Parameters<typeof countTree>[1];
type Instant = Parameters<typeof countTree>[2]['now'];

const EVENTS = (process.env['BENCH_EVENTS'] ?? '1000000,10000000').split(',').map(Number);
/** Accounts that the events are spread over, a tenth of them. */
const ACCOUNTS = 10_000;
const MONTH = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };

const queryOf = (account: string) => ({
  account: account as AccountId,
  meter: 'call.minutes' as const,
  from: MONTH.from as Instant,
  to: MONTH.to as Instant,
  bucket: 'day' as const,
  timeZone: 'UTC',
  scope: 'total' as const,
  by: 'none' as const,
});

async function asOwner<T>(config: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A month with so many events, in both builds: CPU in the database (ms). */
async function month(server: Connection, build: BuildBefore, events: number): Promise<{ before: number; now: number }> {
  const [old, copy] = ['month_before', 'month_now'].map((database) => ({ ...server, database })) as [
    Connection,
    Connection,
  ];
  await asOwner(server, (client) => client.query(`CREATE DATABASE ${old.database}`));
  await build.migrate(old);
  const root = await asOwner(old, async (client) => {
    await plantTree(client, ACCOUNTS);
    await plantEvents(client, { from: 1, to: events, until: MONTH.to, days: 30 });
    await client.query('VACUUM ANALYZE');
    const { rows } = await client.query<{ id: string }>(`SELECT id_of(${PLACES.root}) AS id`);
    return rows[0]?.id ?? '';
  });
  await asOwner(server, (client) =>
    client.query(`CREATE DATABASE ${copy.database} TEMPLATE ${old.database} STRATEGY file_copy`),
  );
  const serving = await prepareDatabase({ database: copy, owner: null, secret: 'of a benchmark' });
  await asOwner(copy, (client) => client.query('VACUUM ANALYZE'));
  const openOld = build.openDatabase(old, { maxConnections: 1 });
  const open = openDatabase(serving, { connections: 3 });
  const usage = openUsageStore(open);
  try {
    const both: { before: string; now: string }[] = [];
    const read = {
      before: () => openOld.withTenant(root, (trx) => build.readSeries(trx, queryOf(root))) as Promise<SeriesPoint[]>,
      now: () => usage.series(queryOf(root)),
    };
    both.push({ before: JSON.stringify(await read.before()), now: JSON.stringify(await read.now()) });
    if (both.some(({ before, now }) => before !== now)) throw new Error('The builds disagree about the month.');
    const used = await databaseCpu(
      {
        before: { pool: openOld.pool, work: read.before },
        now: { pool: open.pool, work: read.now },
      },
      3,
    );
    return { before: used.get('before') ?? Number.NaN, now: used.get('now') ?? Number.NaN };
  } finally {
    await openOld.close();
    await open.close();
    for (const { database } of [old, copy])
      await asOwner(server, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`));
  }
}

const TREES = 2;
const LEAVES = 2_000;
const EVENTS_PER_TREE = 60_000;

/** Counting two trees one after the other, and at once in two sessions: time of the first ÷ time of the second, median. */
async function countingTogether(server: Connection): Promise<number> {
  const config = { ...server, database: 'trees_together' };
  await asOwner(server, (client) => client.query(`CREATE DATABASE ${config.database}`));
  const serving = await prepareDatabase({ database: config, owner: null, secret: 'of a benchmark' });
  const open = openDatabase(serving);
  const now = new Date().toISOString() as Instant;
  try {
    const trees = await asOwner(config, async (client) => {
      const { rows } = await client.query<{ root: string; leaves: string[] }>(`
        WITH roots AS (SELECT uuidv7() AS id FROM generate_series(1, ${TREES})),
        born AS (
          INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, billing_mode, payer_id, version, created_at, placed_at)
          SELECT id, id, NULL, ''::bytea, 'Root', 'root', 'direct', id, 1, '2026-01-01'::timestamptz, '2026-01-01'::timestamptz FROM roots
          UNION ALL SELECT u.id, r.id, r.id, uuid_send(u.id), 'Leaf ' || i, 'leaf ' || i, 'parent', r.id, 1, '2026-01-01', '2026-01-01'
          FROM roots r, generate_series(1, ${LEAVES}) i CROSS JOIN LATERAL (SELECT uuidv7() AS id WHERE i > 0 AND r.id IS NOT NULL) u
          RETURNING id, root_id
        ), versions AS (INSERT INTO tree_versions SELECT id, 1 FROM roots)
        SELECT root_id AS root, array_agg(id) FILTER (WHERE id <> root_id) AS leaves FROM born GROUP BY 1`);
      await client.query('VACUUM ANALYZE');
      return rows;
    });
    const usage = openUsageStore(open);
    let flush = 0;
    const fill = async (): Promise<void> => {
      for (const { root, leaves } of trees)
        for (let from = 0; from < EVENTS_PER_TREE; from += 1_000) {
          flush += 1;
          const events = Array.from({ length: 1_000 }, (_, i) => ({
            root: root as AccountId,
            account: leaves[(from + i) % leaves.length] as AccountId,
            key: `${flush} ${i}`,
            quantity: '60' as Parameters<typeof usage.append>[0][number]['quantity'],
            occurredAt: now,
            attributes: {},
          }));
          await usage.append(events, { meter: 'call.seconds', now, keysSince: '2026-01-01T00:00:00.000Z' as Instant });
        }
    };
    const counts = trees.map(
      ({ root }) =>
        () =>
          countTree(open, root as AccountId, { meter: 'call.seconds', now, wait: true }),
    );
    const gains: number[] = [];
    for (let round = 0; round < 6; round++) {
      await fill();
      let started = nowMs();
      for (const count of counts) await count();
      const alone = nowMs() - started;
      await fill();
      started = nowMs();
      await Promise.all(counts.map((count) => count()));
      if (round > 0) gains.push(alone / (nowMs() - started));
    }
    return median(gains);
  } finally {
    await open.close();
    await asOwner(server, (client) => client.query(`DROP DATABASE ${config.database} WITH (FORCE)`));
  }
}

/** Measures both, says what it saw, and returns what was promised of it. */
export async function measureMonths(server: Connection, build: BuildBefore): Promise<Target[]> {
  const together = await countingTogether(server);
  const months: { before: number; now: number }[] = [];
  for (const events of EVENTS) months.push(await month(server, build, events));
  const [first, last] = [months[0], months.at(-1)];
  console.log(
    `\nThe days of a month at the root, ${EVENTS.map(digits).join(' · ')} events, CPU in the database (ms): before ` +
      `${months.map(({ before }) => digits(before)).join(' · ')}, now ${months.map(({ now }) => digits(now)).join(' · ')}\n`,
  );
  return [
    { what: 'two trees counted by two sessions: × one after the other', measured: together, atLeast: 1.6 },
    {
      what: 'series of a month at the root: growth per ten times the events',
      measured: (last?.now ?? Number.NaN) / (first?.now ?? Number.NaN),
      atMost: 1.5,
    },
    {
      what: `series of a month, ${digits(EVENTS.at(-1) ?? 0)} events: × faster`,
      measured: (last?.before ?? Number.NaN) / (last?.now ?? Number.NaN),
      atLeast: 1_000,
    },
  ];
}

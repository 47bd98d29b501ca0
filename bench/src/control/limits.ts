// Admitting concurrent calls along a chain of five with a maximum and three thresholds on every account: our queue, beside row locks level by
// level, and an insert that checks nothing.
import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { createAdmissions } from '../../../apps/api/src/limits/admissions.ts';
import { type AccountId, limitKind, UNIT } from '../../../packages/domain/src/index.ts';
import { type BenchDatabase, idOf, plantTree, startDatabase } from '../database.ts';
import { interleave, median, nowMs, quantile } from '../measure.ts';
import { isWanted } from '../only.ts';
import { digits, isMet, ratio, type Target, table, targets } from '../report.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 3);
const CONNECTIONS = 16;
/** 1 root, 10, 100, 1 000, 10 000 leaves: five accounts a chain. */
const ACCOUNTS = 11_111;
const FIRST_LEAF = 1_112;
const ROOT = idOf(1) as AccountId;
const CALLS = limitKind('calls');

type Where =
  | 'one leaf'
  | 'random leaves'
  | 'random leaves, reserves on two levels'
  | 'one leaf, reserves on two levels';
const leavesOf = (where: Where): number[] =>
  where.startsWith('one') ? [FIRST_LEAF] : Array.from({ length: ACCOUNTS - FIRST_LEAF + 1 }, (_, n) => FIRST_LEAF + n);
const leafAt = (leaves: readonly number[]): number => leaves[Math.floor(Math.random() * leaves.length)] ?? FIRST_LEAF;

/** The numbers of an account and of those above it, deepest first. */
const chainOf = (leaf: number): number[] => (leaf === 1 ? [1] : [leaf, ...chainOf(Math.floor((leaf - 2) / 10) + 1)]);

type Admit = (leaf: number, caller: number) => Promise<unknown>;
type Way = {
  readonly callers: number;
  readonly open: (database: BenchDatabase, where: Where) => Promise<{ admit: Admit; close: () => Promise<void> }>;
};

/** Many callers, one statement: the product's way. Where accounts stand and what limits them is known when the clock starts, as to a server that runs. */
const ours = (callers: number): Way => ({
  callers,
  open: async ({ app }, where) => {
    const admissions = createAdmissions({
      db: app,
      clock: { nowMs: () => Date.now() },
      onDecided: () => {},
      onError: console.error,
    });
    await Promise.all(
      leavesOf(where).map((leaf) => admissions.release(ROOT, CALLS, { account: idOf(leaf) as AccountId, key: 'none' })),
    );
    return {
      admit: async (leaf) => {
        const account = idOf(leaf) as AccountId;
        const ask = { account, want: UNIT, key: randomUUID(), leaseSeconds: 600 };
        const { outcome } = await admissions.acquire(ROOT, CALLS, ask);
        if (outcome !== 'granted') throw new Error(`nobody is refused here: ${outcome}`);
      },
      close: () => admissions.close(),
    };
  },
});

const connections = async ({ owner }: BenchDatabase) => {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => owner.connect()));
  return { clients, close: async () => clients.forEach((client) => client.release()) };
};

const INSERT = `INSERT INTO leases (root_id, account_id, key, kind, period, n, expires_at) VALUES ($1, $2, $3, 'calls', '-infinity', 1, now() + interval '600 s')`;
const READ = `SELECT t.total, t.held, l.cap FROM resource_totals t JOIN limits l ON l.root_id = $1 AND l.account_id = t.account_id AND l.kind = t.resource
  WHERE t.account_id = $2 AND t.resource = 'calls' AND t.period = '-infinity' FOR UPDATE OF t`;
const ADD = `UPDATE resource_totals SET total = total + 1, own = own + CASE WHEN account_id = $1 THEN 1 ELSE 0 END
  WHERE account_id = ANY ($2) AND resource = 'calls' AND period = '-infinity'`;

async function levelByLevel(client: PoolClient, leaf: number): Promise<void> {
  const chain = chainOf(leaf).map(idOf);
  await client.query('BEGIN');
  for (const id of chain) {
    const { rows } = await client.query({ name: 'lock_one', text: READ, values: [ROOT, id] });
    if (Number(rows[0].total) + Number(rows[0].held) + 1 > Number(rows[0].cap))
      throw new Error('nobody is refused here');
  }
  await client.query({ name: 'add_one', text: ADD, values: [chain[0], chain] });
  await client.query({ name: 'lease_one', text: INSERT, values: [ROOT, chain[0], randomUUID()] });
  await client.query('COMMIT');
}

/** Anyone's first way: lock and look, level by level, then write. */
const locks: Way = {
  callers: CONNECTIONS,
  open: async (database) => {
    const { clients, close } = await connections(database);
    const admit = async (leaf: number, caller: number): Promise<void> => {
      const client = clients[caller];
      if (client) await levelByLevel(client, leaf);
    };
    return { admit, close };
  },
};

/** The least that a transaction can do: a lease that nobody checked. */
const unchecked: Way = {
  callers: CONNECTIONS,
  open: async (database) => {
    const { clients, close } = await connections(database);
    return {
      admit: (leaf, caller) =>
        clients[caller]!.query({ name: 'lease_one', text: INSERT, values: [ROOT, idOf(leaf), randomUUID()] }),
      close,
    };
  },
};

const WAYS = {
  'SELECT … FOR UPDATE level by level, 16 connections': locks,
  'unchecked INSERT per transaction, 16 connections': unchecked,
  '**ours**, 16 callers': ours(16),
  '**ours**, 256 callers': ours(256),
} as const satisfies Record<string, Way>;
type WayName = keyof typeof WAYS;
const NAMES = Object.keys(WAYS) as WayName[];

type Result = { readonly perSecond: number; readonly p99Ms: number; readonly differ: number };

/** A maximum that never binds, thresholds that are never reached, and reserves where they are asked for; counters as they are after a first touch. */
async function reset({ owner }: BenchDatabase, where: Where): Promise<void> {
  const [reserve, promised] = where.includes('reserves')
    ? [
        'CASE depth WHEN 4 THEN 3 WHEN 3 THEN 40 ELSE 0 END',
        'CASE depth WHEN 3 THEN 30 WHEN 2 THEN 400 WHEN 1 THEN 4000 WHEN 0 THEN 40000 ELSE 0 END',
      ]
    : ['0', '0'];
  await owner.query('TRUNCATE leases, limits');
  await owner.query(`DELETE FROM resource_totals WHERE resource = 'calls'`);
  await owner.query(`INSERT INTO limits (root_id, account_id, kind, metered, cap, reserve, promised, thresholds)
    SELECT root_id, id, 'calls', false, 1000000000, ${reserve}, ${promised}, '{80,95,100}' FROM accounts`);
  await owner.query(
    `INSERT INTO resource_totals (account_id, resource, own, total, held) SELECT account_id, kind, 0, 0, promised FROM limits ORDER BY account_id`,
  );
  await owner.query('VACUUM ANALYZE limits, resource_totals, leases');
  await owner.query('CHECKPOINT');
}

async function drive(database: BenchDatabase, where: Where, way: Way): Promise<Result> {
  await reset(database, where);
  const { admit, close } = await way.open(database, where);
  const leaves = leavesOf(where);
  const started = nowMs();
  const durations: number[] = [];
  const callOverAndOver = async (caller: number): Promise<void> => {
    while (nowMs() - started < SECONDS * 1_000) {
      const called = nowMs();
      await admit(leafAt(leaves), caller);
      durations.push(nowMs() - called);
    }
  };
  await Promise.all(Array.from({ length: way.callers }, (_, caller) => callOverAndOver(caller)));
  const seconds = (nowMs() - started) / 1_000;
  await close();
  const { rows } = await database.owner.query<{ n: number }>(
    `
    SELECT abs((SELECT count(*) FROM leases) - (SELECT total FROM resource_totals WHERE account_id = $1 AND resource = 'calls'))::int AS n`,
    [ROOT],
  );
  return {
    perSecond: durations.length / seconds,
    p99Ms: quantile(durations, 0.99),
    differ: way === unchecked ? 0 : rows[0]!.n,
  };
}

/** What the issue promised of each place: against the locks, and against the insert, with 16 and 256 callers. */
const PROMISED: Record<
  Where,
  { readonly locks: readonly [number, number]; readonly insert: readonly [number, number] }
> = {
  'one leaf': { locks: [25, 75], insert: [1, 6] },
  'random leaves': { locks: [12, 30], insert: [0.8, 1.5] },
  'one leaf, reserves on two levels': { locks: [7, 25], insert: [0.8, 1.5] },
  'random leaves, reserves on two levels': { locks: [7, 25], insert: [0.8, 1.5] },
};

/** Prints how fast slots are admitted. @returns whether every target was met */
export async function compareLimits(): Promise<boolean> {
  const places = (Object.keys(PROMISED) as Where[]).filter(isWanted);
  if (places.length === 0) return true;
  const database = await startDatabase(CONNECTIONS + 4);
  const list: Target[] = [];
  try {
    await database.owner.query(
      `CREATE TABLE bench_shape AS SELECT i AS n, CASE WHEN i > 1 THEN (i - 2) / 10 + 1 END AS parent FROM generate_series(1, ${ACCOUNTS}) i`,
    );
    await plantTree(database.owner);
    await database.owner.query('VACUUM ANALYZE');
    console.log(
      'Admitted per second; a maximum and three thresholds on each of 11 111 accounts, five a chain; fsync on\n',
    );
    for (const where of places) {
      const cases = Object.fromEntries(NAMES.map((name) => [name, () => drive(database, where, WAYS[name])]));
      const results = await interleave(cases as Record<WayName, () => Promise<Result>>, REPEATS);
      list.push(...print(where, results));
    }
  } finally {
    await database.drop();
  }
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

function print(where: Where, results: Record<WayName, Result[]>): Target[] {
  const rate = (name: WayName): number => median(results[name].map(({ perSecond }) => perSecond));
  const [lock, insert, few, many] = NAMES as [WayName, WayName, WayName, WayName];
  const rows = NAMES.map((name) => [
    name,
    digits(rate(name)),
    ratio(rate(name) / rate(lock)),
    ratio(rate(name) / rate(insert)),
    digits(median(results[name].map(({ p99Ms }) => p99Ms))),
  ]);
  console.log(
    `${where}\n\n${table([{ title: 'admitting', align: 'left' }, { title: 'per second' }, { title: '× locks' }, { title: '× insert' }, { title: 'p99 ms' }], rows)}\n`,
  );
  const { locks: overLocks, insert: overInsert } = PROMISED[where];
  return [
    { what: `${where}: 16 callers against locks`, measured: rate(few) / rate(lock), atLeast: overLocks[0] },
    { what: `${where}: 256 callers against locks`, measured: rate(many) / rate(lock), atLeast: overLocks[1] },
    { what: `${where}: 16 callers against the insert`, measured: rate(few) / rate(insert), atLeast: overInsert[0] },
    { what: `${where}: 256 callers against the insert`, measured: rate(many) / rate(insert), atLeast: overInsert[1] },
    {
      what: `${where}: counters that differ from leases`,
      measured: NAMES.flatMap((name) => results[name]).reduce((sum, { differ }) => sum + differ, 0),
      atMost: 0,
    },
  ];
}

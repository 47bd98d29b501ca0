// What costs grow by when the accounts of everybody are ten times as many, beside the build before; and what a month of events costs.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  type Database,
  openDatabase,
  prepareDatabase,
  settleEverySort,
  startEmbedded,
} from '../../../packages/db/src/index.ts';
import { plantTree } from '../../../packages/db/test/tree-before.ts';
import { nowMs } from '../measure.ts';
import { digits, isMet, type Target, table, targets } from '../report.ts';
import { type BuildBefore, loadBuildBefore, type OpenedBefore } from './build-before.ts';
import { databaseCpu } from './cpu.ts';
import { firstFrameMemory } from './first-frame.ts';
import { measureMonths } from './months.ts';
import { before, idsOf, OPERATIONS, type Operation, type OperationName, present, shownOf } from './operations.ts';

const listOf = (name: string, usual: string): number[] => (process.env[name] ?? usual).split(',').map(Number);
const SIZES = listOf('BENCH_SIZES', '10000,100000,1000000');
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 7);
/** Connections that leave the application one, so that all it does is done by one process of the database. */
const ONE = 3;
const QUIET = ['jit=off', 'max_parallel_workers_per_gather=0', 'autovacuum_naptime=1d', 'max_wal_size=4GB'];

type Connection = { host: string; port: number; user: string; database: string };
/** CPU in the database (ms) of each operation, by build. */
type Costs = {
  readonly before: Map<string, number>;
  readonly now: Map<string, number>;
  readonly migrated: number;
  readonly memory: number;
};

export async function run(): Promise<boolean> {
  const build = await loadBuildBefore();
  if (build === null) {
    console.log('The history of this checkout doesn’t hold the build before: nothing to compare with.');
    return false;
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-growth-'));
  await chmod(dataDir, 0o755);
  const server = await startEmbedded({ dataDir, durability: 'fast' });
  try {
    await withClient(server.connection, async (client) => {
      for (const setting of QUIET) {
        const [name = '', value = ''] = setting.split('=');
        await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
      }
      await client.query('SELECT pg_reload_conf()');
    });
    const costs: Costs[] = [];
    for (const size of SIZES) costs.push(await measure(server.connection, build, size));
    return print(costs, await measureMonths(server.connection, build));
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function withClient<T>(config: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same tree for both builds: planted for the one before, and a copy of it migrated. */
async function measure(server: Connection, build: BuildBefore, size: number): Promise<Costs> {
  const [old, copy] = [`before_${size}`, `now_${size}`];
  await withClient(server, (client) => client.query(`CREATE DATABASE ${old}`));
  const oldConfig = { ...server, database: old };
  await build.migrate(oldConfig);
  await withClient(oldConfig, (client) => plantTree(client, size));
  await withClient(server, (client) => client.query(`CREATE DATABASE ${copy} TEMPLATE ${old} STRATEGY file_copy`));
  const started = nowMs();
  const serving = await prepareDatabase({
    database: { ...server, database: copy },
    owner: null,
    secret: 'of a benchmark',
  });
  const migrated = nowMs() - started;
  await withClient({ ...server, database: copy }, (client) => client.query('VACUUM ANALYZE'));

  const openOld = build.openDatabase(oldConfig, { maxConnections: 1 });
  const open = openDatabase(serving, { connections: ONE });
  try {
    const costs = await compare(build, openOld, open, { ...server, database: old });
    const { root } = await withClient({ ...server, database: old }, idsOf);
    return { ...costs, migrated, memory: await firstFrameMemory({ ...server, database: copy }, root) };
  } finally {
    await openOld.close();
    await open.close();
    await withClient(server, (client) => client.query(`DROP DATABASE ${old} WITH (FORCE)`));
    await withClient(server, (client) => client.query(`DROP DATABASE ${copy} WITH (FORCE)`));
  }
}

async function compare(build: BuildBefore, openOld: OpenedBefore, open: Database, owner: Connection) {
  const { ids, shown } = await withClient(owner, async (client) => {
    const ids = await idsOf(client);
    return { ids, shown: await shownOf(client, ids.flat) };
  });
  await settleEverySort(open, new Date().toISOString() as Parameters<typeof settleEverySort>[1]);
  const [old, now] = [before(build, openOld, ids), present(open, ids, shown)];
  const costs = { before: new Map<string, number>(), now: new Map<string, number>() };
  for (const [name, operation] of Object.entries(OPERATIONS) as [OperationName, Operation][]) {
    const repeats = Math.min(REPEATS, operation.repeats ?? REPEATS);
    const used = await databaseCpu(
      { before: { pool: openOld.pool, work: old[name] }, now: { pool: open.pool, work: now[name] } },
      repeats,
    );
    costs.before.set(name, used.get('before') ?? Number.NaN);
    costs.now.set(name, used.get('now') ?? Number.NaN);
  }
  return costs;
}

const growthOf = (values: readonly number[]): number[] =>
  values.slice(1).map((value, index) => value / (values[index] ?? Number.NaN));

function print(costs: readonly Costs[], months: readonly Target[]): boolean {
  const sizes = SIZES.map((size) => digits(size)).join(' · ');
  const list: Target[] = [];
  const rows = (Object.entries(OPERATIONS) as [OperationName, Operation][]).map(([name, operation]) => {
    const [old, now] = [
      costs.map((one) => one.before.get(name) ?? Number.NaN),
      costs.map((one) => one.now.get(name) ?? Number.NaN),
    ];
    const growth = Math.max(...growthOf(now));
    const faster = (old.at(-1) ?? Number.NaN) / (now.at(-1) ?? Number.NaN);
    if (SIZES.length > 1)
      list.push({ what: `${operation.what}: growth per ten times`, measured: growth, atMost: operation.growth });
    if (operation.faster && SIZES.includes(1_000_000))
      list.push({ what: `${operation.what}: × faster at 1 M`, measured: faster, atLeast: operation.faster });
    const shownAs = (values: readonly number[]): string =>
      growthOf(values)
        .map((value) => value.toFixed(2))
        .join(' · ');
    return [
      operation.what,
      old.map(digits).join(' · '),
      now.map(digits).join(' · '),
      shownAs(old),
      shownAs(now),
      digits(faster),
    ];
  });
  console.log(
    `${sizes} accounts in one tree; CPU in the database (ms, median of ${REPEATS}); only ratios mean something\n`,
  );
  console.log(
    table(
      [
        { title: 'operation', align: 'left' },
        { title: 'before' },
        { title: 'now' },
        { title: 'growth before' },
        { title: 'growth now' },
        { title: '× faster' },
      ],
      rows,
    ),
  );
  console.log(
    `\nmigration from the build before: ${costs.map(({ migrated }) => `${digits(migrated / 1000)} s`).join(' · ')}`,
  );
  list.push(...months);
  for (const { memory } of costs.slice(-1))
    list.push({ what: 'the server’s memory at the widget’s first frame: MB over rest', measured: memory, atMost: 60 });
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

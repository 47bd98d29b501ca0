// A page of 50 children with the sums of their subtrees, in a tree of 100 000 accounts: our listing beside the usual models.
import type { PoolClient } from 'pg';
import { type BenchDatabase, idOf, plantTree, startDatabase } from '../database.ts';
import { median, nowMs } from '../measure.ts';
import { digits, isMet, ratio, type Target, table, targets } from '../report.ts';
import { MODELS, plantModels } from './models.ts';
import { captureListing, listPage, plainPage } from './our-listing.ts';

const ACCOUNTS = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 15);

const ROOT = idOf(1);
/** A child of the root with a tenth of all accounts below it. */
const LARGE = idOf(2);

const OURS = '**ours**: the listing statement';
const OURS_WHOLE = '**ours**: the whole read (transaction, row-level security, version, count)';
const PLAIN = 'a plain index read of 50 rows';
const PLAIN_WHOLE = 'a plain index read of 50 rows, in such a transaction';

type Timings = Readonly<Record<string, number>>;

export async function run(): Promise<boolean> {
  const database = await startDatabase();
  const client = await database.owner.connect();
  try {
    await plant(database);
    const small = await smallParent(client);
    const at = {
      small: await comparePage(database, client, small),
      large: await comparePage(database, client, LARGE),
      root: await comparePage(database, client, ROOT),
    };
    return print(at, await subtreeSizes(client, [small, LARGE, ROOT]));
  } finally {
    client.release();
    await database.drop();
  }
}

/** 1 root, 100 children, 2 % and 20 % of all on the next two levels, the rest below; the large child has a tenth of it all. */
async function plant({ owner }: BenchDatabase): Promise<void> {
  const spread = (i: string): string => `(hashint4(${i})::bigint & 2147483647)`;
  await owner.query(`CREATE TABLE bench_shape AS SELECT i AS n, (CASE WHEN i = 1 THEN NULL WHEN i <= 101 THEN 1
    WHEN i <= 101 + ${ACCOUNTS} / 50 THEN CASE WHEN i % 10 = 0 THEN 2 ELSE 3 + ${spread('i')} % 99 END
    WHEN i <= 101 + ${ACCOUNTS} / 50 + ${ACCOUNTS} / 5 THEN 102 + ${spread('i')} % (${ACCOUNTS} / 50)
    ELSE 102 + ${ACCOUNTS} / 50 + ${spread('i')} % (${ACCOUNTS} / 5) END)::int AS parent FROM generate_series(1, ${ACCOUNTS}) i`);
  await plantTree(owner);
  await plantModels(owner);
  await owner.query('VACUUM ANALYZE');
}

async function smallParent(client: PoolClient): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM accounts WHERE parent_id = $1 ORDER BY subaccounts DESC LIMIT 1',
    [LARGE],
  );
  return rows[0]?.id ?? LARGE;
}

async function subtreeSizes(client: PoolClient, ids: string[]): Promise<number[]> {
  const { rows } = await client.query<{ n: number }>(
    'SELECT subaccounts AS n FROM accounts JOIN unnest($1::uuid[]) WITH ORDINALITY u(id, o) USING (id) ORDER BY o',
    [ids],
  );
  return rows.map((row) => row.n);
}

/** Times every way to read the page, in turn, and makes sure that all of them say the same. */
async function comparePage({ app }: BenchDatabase, client: PoolClient, parent: string): Promise<Timings> {
  const listing = await captureListing(app, ROOT, parent);
  const query = async (name: string, text: string, values: readonly unknown[]) =>
    (await client.query({ name: `${name} ${parent}`.slice(-60), text, values: [...values] })).rows;
  const cases: Record<string, () => Promise<unknown>> = {
    [OURS]: () => query('ours', listing.text, listing.values),
    [PLAIN]: () => query('plain', plainPage, [parent]),
    [OURS_WHOLE]: () => listPage(app, ROOT, parent),
    [PLAIN_WHOLE]: () => app.withTenant(...listing.plainRead),
  };
  for (const [name, text] of Object.entries(MODELS)) cases[name] = () => query(name, text, [parent]);
  const expected = JSON.stringify(listing.sums);
  for (const name of Object.keys(MODELS)) {
    const rows = (await cases[name]?.()) as {
      id: string;
      n: string;
      members: string;
      agents: string;
      minutes: string;
    }[];
    const sums = JSON.stringify(rows.map((row) => [row.id, +row.n, +row.members, +row.agents, +row.minutes]));
    if (sums !== expected) throw new Error(`${name} sums up differently than the listing`);
  }
  const times: Record<string, number[]> = {};
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [name, read] of Object.entries(cases)) {
      const started = nowMs();
      await read();
      (times[name] ??= []).push(nowMs() - started);
    }
  }
  // the first round prepares statements and fills caches
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values.slice(1))]));
}

function print(at: { small: Timings; large: Timings; root: Timings }, sizes: readonly number[]): boolean {
  const names = [OURS, ...Object.keys(MODELS), PLAIN, OURS_WHOLE, PLAIN_WHOLE];
  const cell = (timings: Timings, name: string): string =>
    `${digits(timings[name] ?? Number.NaN)} (${ratio((timings[name] ?? Number.NaN) / (timings[OURS] ?? Number.NaN))})`;
  const heads = sizes.map((size) => ({ title: `${digits(size)} below: ms (× ours)` }));
  console.log(`${digits(ACCOUNTS)} accounts; every page read warm and prepared; all models give the same sums\n`);
  console.log(
    table(
      [{ title: 'page of 50 children with subtree sums', align: 'left' }, ...heads],
      names.map((name) => [name, cell(at.small, name), cell(at.large, name), cell(at.root, name)]),
    ),
  );
  const best = (timings: Timings): number =>
    Math.min(...Object.keys(MODELS).map((name) => timings[name] ?? Number.NaN));
  const ours = (timings: Timings, name = OURS): number => timings[name] ?? Number.NaN;
  const list: Target[] = [
    { what: 'root: × best other model', measured: best(at.root) / ours(at.root), atLeast: 50 },
    {
      what: `${digits(sizes[1] ?? 0)} below: × best other model`,
      measured: best(at.large) / ours(at.large),
      atLeast: 10,
    },
    { what: 'root: ÷ plain index read', measured: ours(at.root) / ours(at.root, PLAIN), atMost: 1.5 },
  ];
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

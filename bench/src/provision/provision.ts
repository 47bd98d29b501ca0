// Importing the accounts of the demo's file: batches beside calls one by one of the build before, and beside bare statements.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAccounts } from '../../../examples/demo/accounts-file.ts';
import { unpackBuild } from '../build-before.ts';
import { interleave, median, nowMs } from '../measure.ts';
import { digits, isMet, ratio, type Target, table, targets } from '../report.ts';
import { type Server, startServer } from './server.ts';

const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 5);
/** How many of the accounts the build before makes, which would take most of a minute for all. */
const FEW = Number(process.env['BENCH_ACCOUNTS'] ?? 600);
/** The last commit before accounts were made in batches. */
const BEFORE = process.env['BENCH_BEFORE'] ?? '5313e17';
const FOLDERS = ['packages/domain', 'packages/db', 'apps/api'];
const HERE = fileURLToPath(new URL('../../../', import.meta.url));
const FILE = new URL('../../../examples/demo/data/accounts-iso3166.csv', import.meta.url);

/** Accounts of a call or statement. */
const MOST = 1_000;
/** Calls at one time, as the demo made them. */
const TOGETHER = 8;

const { world, rest } = parseAccounts(readFileSync(FILE, 'utf8'));

const OURS = '**ours**: `accounts.createMany`, 1 000 a call';
const ONE_BY_ONE = 'the build before: `accounts.create`, 8 calls at a time';
const ONE_BY_ONE_NOW = 'this build: `accounts.create`, 8 calls at a time';
const BARE = 'bare `INSERT … SELECT unnest` into `accounts`, 1 000 a transaction';
const BAREST = 'the same into a copy of the table without foreign keys, directory and search';

/** Accounts a second. */
type Importing = () => Promise<number>;

export async function run(): Promise<boolean> {
  const folder = unpackBuild(BEFORE, FOLDERS);
  if (folder === null) {
    console.log('The history of this checkout doesn’t hold the build before: nothing to compare with.');
    return false;
  }
  // Those that make them one by one have both as many as the other.
  const [now, single, before] = [await startServer(HERE), await startServer(HERE), await startServer(folder)];
  try {
    await plantBare(now);
    const cases: Record<string, Importing> = {
      [ONE_BY_ONE]: () => oneByOne(before),
      [ONE_BY_ONE_NOW]: () => oneByOne(single),
      [OURS]: () => inBatches(now),
      [BARE]: () => bare(now, 'accounts'),
      [BAREST]: () => bare(now, 'bench_accounts'),
    };
    // Once, so that statements are prepared and caches filled.
    await interleave(cases, 1);
    return print(await interleave(cases, REPEATS), await mismatches(now));
  } finally {
    await Promise.all([now.close(), single.close(), before.close()]);
  }
}

/** An account for one import, as the demo's reseller. */
async function reseller(server: Server): Promise<{ readonly id: string; readonly prefix: string }> {
  const prefix = randomBytes(6).toString('hex');
  const made = await server.call<{ account: { id: string } }>('accounts.create', {
    account: server.account,
    name: `World ${prefix}`,
    externalId: prefix,
  });
  return { id: made.account.id, prefix };
}

const refOf = (prefix: string, parent: string | null): string =>
  parent === null || parent === world.id ? `ext:${prefix}` : `ext:${prefix}-${parent}`;

async function inBatches(server: Server): Promise<number> {
  const { id, prefix } = await reseller(server);
  const started = nowMs();
  for (const part of parts(rest)) {
    const accounts = part.map((account) => ({
      name: account.name,
      parent: refOf(prefix, account.parentId),
      externalId: `${prefix}-${account.id}`,
    }));
    await server.call('accounts.createMany', { account: id, accounts });
  }
  return perSecond(rest.length, started);
}

async function oneByOne(server: Server): Promise<number> {
  const { prefix } = await reseller(server);
  const accounts = rest.toSorted((a, b) => a.level - b.level).slice(0, FEW);
  const started = nowMs();
  for (const level of Map.groupBy(accounts, ({ level }) => level).values()) {
    for (let from = 0; from < level.length; from += TOGETHER) {
      await Promise.all(
        level.slice(from, from + TOGETHER).map((account) =>
          server.call('accounts.create', {
            account: refOf(prefix, account.parentId),
            name: account.name,
            externalId: `${prefix}-${account.id}`,
          }),
        ),
      );
    }
  }
  return perSecond(accounts.length, started);
}

/** A table as `accounts` is, without what other tables have of it. */
async function plantBare({ owner }: Server): Promise<void> {
  await owner.query('CREATE TABLE bench_accounts (LIKE accounts INCLUDING ALL)');
}

const INSERT = `(id, root_id, parent_id, path_key, name, name_key, external_id, metadata, billing_mode, payer_id, version, created_at)
  SELECT u.id, $1, u.parent, u.key, u.name, u.name_key, u.external_id, '{}', 'parent', $1, 1, now()
  FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::text[], $6::text[], $7::text[]) u(id, parent, key, name, name_key, external_id)`;

/** A tree of its own, whose ids and places are known before the clock runs. */
async function bare({ owner }: Server, into: string): Promise<number> {
  const root = idLikeOurs();
  await owner.query(
    `INSERT INTO ${into} (id, root_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
     VALUES ($1, $1, '', 'Root', 'root', 'direct', $1, 1, now())`,
    [root],
  );
  const ids = new Map([[world.id, { id: root, key: '' }]]);
  const rows = rest.map((account) => {
    const parent = ids.get(account.parentId ?? world.id) ?? { id: root, key: '' };
    const id = idLikeOurs();
    const key = parent.key + id.replaceAll('-', '');
    ids.set(account.id, { id, key });
    return { ...account, id, parent: parent.id, key: Buffer.from(key, 'hex'), externalId: `${root}-${account.id}` };
  });
  const started = nowMs();
  for (const part of parts(rows)) {
    const values = [
      part.map(({ id }) => id),
      part.map(({ parent }) => parent),
      part.map(({ key }) => key),
      part.map(({ name }) => name),
      part.map(({ name }) => name.toLowerCase()),
      part.map(({ externalId }) => externalId),
    ];
    await owner.query({ name: `bare ${into}`, text: `INSERT INTO ${into} ${INSERT}`, values: [root, ...values] });
  }
  return perSecond(rows.length, started);
}

/** In the order of time, as indexes like it. */
const idLikeOurs = (): string => {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += MOST) yield all.slice(from, from + MOST);
}

const perSecond = (accounts: number, started: number): number => (accounts * 1_000) / (nowMs() - started);

/** Accounts of the server's tree whose numbers aren't those that are counted from scratch, and those that the log doesn't tell of. */
async function mismatches({ owner, account }: Server): Promise<number> {
  const { rows } = await owner.query<{ wrong: number; untold: number }>(
    `SELECT count(*) FILTER (WHERE a.subaccounts <> (SELECT count(*) - 1 FROM accounts b
        WHERE b.root_id = a.root_id AND b.path_key >= a.path_key AND b.path_key < a.path_key || '\\xff'::bytea)
        OR a.children <> (SELECT count(*) FROM accounts b WHERE b.root_id = a.root_id AND b.parent_id = a.id))::int AS wrong,
      (count(*) - 1 - (SELECT count(*) FROM journal j WHERE j.root_id = $1 AND j.kind = 'account.created'))::int AS untold
     FROM accounts a WHERE a.root_id = $1`,
    [account],
  );
  return (rows[0]?.wrong ?? Number.NaN) + Math.abs(rows[0]?.untold ?? Number.NaN);
}

function print(results: Record<string, number[]>, wrong: number): boolean {
  const of = (name: string): number => median(results[name] ?? []);
  console.log(
    `${digits(rest.length)} accounts of the demo’s file, four levels below one account; ${digits(Math.min(FEW, rest.length))} of them one by one; median of ${REPEATS}\n`,
  );
  console.log(
    table(
      [{ title: 'import', align: 'left' }, { title: 'accounts/s' }, { title: 'ours ÷ it' }],
      Object.keys(results).map((name) => [name, digits(of(name)), ratio(of(OURS) / of(name))]),
    ),
  );
  const list: Target[] = [
    { what: 'batches: × calls one by one of the build before', measured: of(OURS) / of(ONE_BY_ONE), atLeast: 40 },
    { what: 'batches: share of the bare statements', measured: of(OURS) / of(BARE), atLeast: 0.25 },
    { what: 'one by one: × the build before', measured: of(ONE_BY_ONE_NOW) / of(ONE_BY_ONE), atLeast: 0.9 },
    { what: 'accounts that are counted wrong or that the log doesn’t tell of', measured: wrong, atMost: 0 },
  ];
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

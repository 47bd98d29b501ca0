// What is read of products: a page of a long list beside an index read, and what comes along with some beside reading them.
import { listProducts, readWithRequired, type TenantTransaction } from '../../../packages/db/src/index.ts';
import type { AccountId, RowId } from '../../../packages/domain/src/index.ts';
import { productKind, refsWithin, resolve, type SourceItem } from '../../../packages/domain/src/products/index.ts';
import { type BenchDatabase, idOf, plantTree, startDatabase, uuidOf } from '../database.ts';
import { interleave, median, nowMs } from '../measure.ts';
import { digits, ratio, type Target, table } from '../report.ts';

const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 41);
/** Pages for each of those: they take a twentieth of it. */
const PAGES_TIMES = 20;
const ACCOUNT = idOf(1) as AccountId;
/** Products of the account, most of them of the listed kind. */
const LISTED = 10_000;
/** Agents, each of which needs some of the knowledge bases: 1 000 products, 5 000 references. */
const AGENTS = 200;
const BASES = 800;
const EACH = 25;
const PAGE = 50;
const FIRST_AGENT = 500_000;
const FIRST_BASE = 510_000;

const LIST = '**ours**: a page of 50 of `products.list`';
const INDEX = '50 rows by index, without row-level security and without what pages search';
const RESOLVE = '**ours**: what comes along with 200 agents';
const READ = 'reading them';

export async function readProducts(): Promise<Target[]> {
  const database = await startDatabase();
  try {
    await plant(database);
    const inTenant = <T>(work: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
      database.app.withTenant(ACCOUNT, work, { snapshot: true });
    const asked = { account: ACCOUNT, kind: 'schedule', search: null, fields: ['timeZone'] } as const;
    const chosen = Array.from({ length: AGENTS }, (_, n) => idOf(FIRST_AGENT + n) as RowId);
    const rows = await inTenant((trx) => readWithRequired(trx, ACCOUNT, chosen));
    // Each pair by itself, so that neither has to do with what a thousand products leave behind; a page is asked for until both are warm.
    const pages = await interleave(
      {
        [LIST]: () =>
          timed(() => inTenant((trx) => listProducts(trx, { ...asked, order: 'name', after: null, limit: PAGE }))),
        [INDEX]: () => timed(() => byIndex(database)),
      },
      REPEATS * PAGES_TIMES,
    );
    const along = await interleave(
      {
        [RESOLVE]: () => timed(() => comesAlong(chosen, rows)),
        [READ]: () => timed(() => inTenant((trx) => readWithRequired(trx, ACCOUNT, chosen))),
      },
      REPEATS,
    );
    const times = { ...pages, ...along };
    const ms = (name: keyof typeof times): number => median(times[name]);
    print([[LIST, INDEX] as const, [RESOLVE, READ] as const].map((pair) => pair.map((of) => ({ of, ms: ms(of) }))));
    return [
      { what: 'list of an account with 10 000: × a 50-row index read', measured: ms(LIST) / ms(INDEX), atMost: 1.5 },
      { what: 'resolve of 1 000 with 5 000 references: × reading them', measured: ms(RESOLVE) / ms(READ), atMost: 1.5 },
    ];
  } finally {
    await database.drop();
  }
}

async function timed(work: () => unknown): Promise<number> {
  const began = nowMs();
  await work();
  return nowMs() - began;
}

async function byIndex({ owner }: BenchDatabase): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query('BEGIN READ ONLY');
    const { rows } = await client.query(
      `SELECT id, kind, name, name_key, external_id, version, saved_at, saved_by, doc -> 'timeZone' FROM products
       WHERE root_id = $1 AND account_id = $1 AND kind = 'schedule' ORDER BY name_key, id LIMIT ${PAGE}`,
      [ACCOUNT],
    );
    await client.query('COMMIT');
    if (rows.length !== PAGE) throw new Error('there is too little to list');
  } finally {
    client.release();
  }
}

function comesAlong(chosen: readonly RowId[], rows: Awaited<ReturnType<typeof readWithRequired>>): void {
  const source = new Map(
    rows.map(({ id, kind, name, version, document, secrets }): [RowId, SourceItem] => {
      const entry = productKind(kind);
      return [
        id,
        { id, kind, name, version, fromParent: entry.fromParent, refs: refsWithin(entry, document, null), secrets },
      ];
    }),
  );
  const target = { links: new Map(), names: new Map(), singles: new Map(), secrets: new Map() };
  const { components } = resolve({ chosen, source, target, answerTo: () => undefined });
  if (components.length !== AGENTS + BASES) throw new Error('not all comes along');
}

async function plant({ owner }: BenchDatabase): Promise<void> {
  await owner.query('CREATE TABLE bench_shape AS SELECT 1 AS n, NULL::int AS parent');
  await plantTree(owner);
  const saver = `'2026-11-01', '{"id": null, "name": "Ada"}', 1`;
  const root = `root_id, account_id, id, kind, name, name_key, doc, saved_at, saved_by, tree_version`;
  await owner.query(`
    INSERT INTO products (${root}) SELECT ${uuidOf('1')}, ${uuidOf('1')}, ${uuidOf('10000 + n')}, 'schedule', 'Hours ' || n, 'hours ' || n,
      jsonb_build_object('name', 'Hours ' || n, 'timeZone', 'UTC'), ${saver} FROM generate_series(1, ${LISTED - AGENTS - BASES}) n;
    INSERT INTO products (${root}) SELECT ${uuidOf('1')}, ${uuidOf('1')}, ${uuidOf(`${FIRST_BASE} + n`)}, 'knowledgeBase', 'Base ' || n, 'base ' || n,
      jsonb_build_object('name', 'Base ' || n), ${saver} FROM generate_series(0, ${BASES - 1}) n;
    CREATE TABLE bench_refs AS SELECT a, e, ${uuidOf(`${FIRST_BASE} + (a * 7 + e * 31) % ${BASES}`)} AS base
      FROM generate_series(0, ${AGENTS - 1}) a, generate_series(0, ${EACH - 1}) e;
    INSERT INTO products (${root}) SELECT ${uuidOf('1')}, ${uuidOf('1')}, ${uuidOf(`${FIRST_AGENT} + a`)}, 'agent', 'Agent ' || a, 'agent ' || a,
      jsonb_build_object('name', 'Agent ' || a, 'knowledge', jsonb_build_object('bases', jsonb_agg(base::text ORDER BY e))), ${saver} FROM bench_refs GROUP BY a;
    INSERT INTO product_refs (root_id, account_id, from_id, place, to_id, required)
      SELECT ${uuidOf('1')}, ${uuidOf('1')}, ${uuidOf(`${FIRST_AGENT} + a`)}, '/knowledge/bases/' || e, base, true FROM bench_refs;
    ANALYZE`);
}

function print(parts: readonly (readonly { readonly of: string; readonly ms: number }[])[]): void {
  for (const measured of parts) {
    const [ours] = measured;
    console.log(
      `\n${table(
        [{ title: 'reading', align: 'left' }, { title: 'ms' }, { title: 'ours ÷ it' }],
        measured.map(({ of, ms }) => [of, digits(ms), ratio((ours?.ms ?? 0) / ms)]),
      )}`,
    );
  }
}

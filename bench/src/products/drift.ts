// How many accounts stand how to the blueprint that set them up: beside comparing the documents of each.
import {
  countDrift,
  insertBlueprintVersion,
  listDrift,
  readApplications,
  readCapsToChange,
  readLimits,
  readLinksOf,
  readPlaced,
  type TenantTransaction,
  writeApplication,
  writeBlueprint,
} from '../../../packages/db/src/index.ts';
import {
  type AccountId,
  canonicalJson,
  type DriftState,
  driftOf,
  driftOfAll,
  HIGHEST,
  type Instant,
  type RowId,
} from '../../../packages/domain/src/index.ts';
import { type BenchDatabase, idOf, plantTree, startDatabase, uuidOf } from '../database.ts';
import { median, nowMs } from '../measure.ts';
import { digits, type Target, table } from '../report.ts';

const ACCOUNTS = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
/** Accounts whose documents are compared one after the other; the others are reckoned to take as long. */
const SAMPLE = Math.min(ACCOUNTS, 2_000);
const REPEATS = 11;
const ROOT = idOf(1) as AccountId;
const BLUEPRINT = idOf(900_000_001) as RowId;
const SOURCE = idOf(900_000_002) as RowId;
const NOW = '2026-11-01T00:00:00.000Z' as Instant;
const BY = { id: null, name: 'Ada' };
const LEVELS = { ...HIGHEST, 'agents.prompt': 'read', billing: 'none' };
const DOCUMENT = { name: 'Desk', prompt: { greeting: 'Hello.', instructions: 'Be brief. '.repeat(300) } };
/** Every 20th account was changed by hand in one way or another. */
const CHANGED = 20;

const limitsOf = (max: number) => ({ agents: { cap: `${max}`, at_limit: 'block', thresholds: [80, 95, 100] } });

export async function driftOfBlueprint(): Promise<Target[]> {
  const database = await startDatabase();
  try {
    await plant(database);
    const list: Target[] = [];
    const lines: string[][] = [];
    for (const newest of [1, 2]) {
      if (newest === 2) await database.app.withTenant(ROOT, (trx) => insertVersion(trx, 2, 6));
      const { ms, counts, page } = await ours(database);
      const peer = await byDocuments(database, newest);
      if (canonicalJson(counts) !== canonicalJson(expected(newest)))
        throw new Error(`counted wrong: ${canonicalJson(counts)}`);
      const what = newest === 1 ? 'the version they were set up with' : 'a newer version, which says something else';
      lines.push([what, digits(ms), digits(page), digits(peer), digits(peer / ms)]);
      const target = `drift of ${digits(ACCOUNTS)} accounts, ${newest === 1 ? 'same' : 'newer'} version: × documents`;
      list.push({ what: target, measured: peer / ms, atLeast: 100 });
    }
    const titles = [
      'compared with',
      '**ours**: counts, ms',
      'a page of 50 of those changed, ms',
      'documents, ms',
      'documents ÷ ours',
    ];
    console.log(
      `\n${table(
        titles.map((title, n) => (n === 0 ? { title, align: 'left' } : { title })),
        lines,
      )}`,
    );
    return list;
  } finally {
    await database.drop();
  }
}

/** Accounts by how they stand. Every 20th has one of caps, limit or document changed. */
function expected(newest: number): Record<string, number> {
  const changed = Math.floor(ACCOUNTS / CHANGED);
  const [same, other] = newest === 1 ? ['as_set_up', 'changed_here'] : ['newer_available', 'both'];
  return { [same]: ACCOUNTS - changed, [other]: changed };
}

async function ours({ app }: BenchDatabase) {
  const times: number[] = [];
  const pages: number[] = [];
  let counts: Record<string, number> = {};
  const question = { drift: null, state: null, account: null, after: null, limit: 50 };
  for (let n = 0; n < REPEATS; n += 1) {
    const began = nowMs();
    const found = await app.withTenant(ROOT, (trx) => countDrift(trx, BLUEPRINT), { snapshot: true });
    times.push(nowMs() - began);
    counts = Object.fromEntries(found.map(({ drift, n: many }) => [drift, many]));
    const drift: DriftState = counts['both'] ? 'both' : 'changed_here';
    const then = nowMs();
    await app.withTenant(ROOT, (trx) => listDrift(trx, BLUEPRINT, { ...question, drift }), { snapshot: true });
    pages.push(nowMs() - then);
  }
  return { ms: median(times), page: median(pages), counts };
}

/** What all accounts would take, if each were read with its documents and compared with both versions. */
async function byDocuments({ app }: BenchDatabase, newest: number): Promise<number> {
  const max = newest === 1 ? 5 : 6;
  const counts = new Map<DriftState, number>();
  const began = nowMs();
  for (let n = 0; n < SAMPLE; n += 1) {
    const id = idOf(2 + n) as AccountId;
    const state = await app.withTenant(ROOT, (trx) => compare(trx, id, max), { snapshot: true });
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  if (counts.size !== 2) throw new Error('documents say something else');
  return ((nowMs() - began) / SAMPLE) * ACCOUNTS;
}

async function compare(trx: TenantTransaction, id: AccountId, max: number): Promise<DriftState> {
  await readApplications(trx, [id], BLUEPRINT);
  const [caps] = await readCapsToChange(trx, [id]);
  const limits = await readLimits(trx, [{ id, name: '' }], NOW);
  const [link] = await readLinksOf(trx, [id], [SOURCE]);
  const [row] = await readPlaced(trx, link ? [link] : []);
  const cap = `${(limits.get('agents')?.[0]?.cap ?? 0n) / 1_000_000_000n}`;
  return driftOfAll([
    driftOf(LEVELS, LEVELS, caps?.levels ?? {}),
    driftOf({ cap: '5' }, { cap: `${max}` }, { cap }),
    driftOf({ document: link?.base ?? null }, { document: link?.base ?? null }, { document: row?.document ?? null }),
  ]);
}

async function insertVersion(trx: TenantTransaction, version: number, max: number): Promise<void> {
  const judged = { caps: LEVELS, limits: limitsOf(max), products: [] };
  const hashes = { caps: 'same', limits: `${max}`, products: 'same' };
  await insertBlueprintVersion(trx, {
    account: ROOT,
    id: BLUEPRINT,
    version,
    content: {},
    judged,
    hashes,
    by: BY,
    at: NOW,
  });
}

/** A main account, and those that its blueprint set up. */
async function plant({ owner, app }: BenchDatabase): Promise<void> {
  await owner.query(`CREATE TABLE bench_shape AS SELECT 1 AS n, NULL::int AS parent UNION ALL
    SELECT n, CASE WHEN n <= 1001 THEN 1 ELSE 2 + n % 1000 END FROM generate_series(2, ${ACCOUNTS + 1}) n`);
  await plantTree(owner);
  const of = (account: string) => `${uuidOf('1')}, ${account}`;
  const json = (value: unknown): string => `'${JSON.stringify(value)}'::jsonb`;
  await owner.query(`
    INSERT INTO account_caps (account_id, levels) SELECT id, ${json(LEVELS)} FROM accounts WHERE parent_id IS NOT NULL
      ON CONFLICT (account_id) DO UPDATE SET levels = excluded.levels;
    INSERT INTO limits (root_id, account_id, kind, metered, cap, reserve, at_limit, thresholds, version)
      SELECT root_id, id, 'agents', false, 5, 0, 'block', '{80,95,100}', 1 FROM accounts WHERE parent_id IS NOT NULL;
    INSERT INTO products (root_id, account_id, id, kind, name, name_key, doc, saved_at, saved_by, tree_version)
      SELECT ${of('id')}, id, 'agent', 'Desk', 'desk', ${json(DOCUMENT)}, now(), ${json(BY)}, 1 FROM accounts WHERE parent_id IS NOT NULL;
    INSERT INTO product_links (root_id, account_id, product_id, source_account, source_id, source_version, source_name, base_doc, ids, needs, activates, version)
      SELECT ${of('id')}, id, ${uuidOf('1')}, '${SOURCE}', 1, 'Desk', ${json(DOCUMENT)}, '{}', '{}', false, 1 FROM accounts WHERE parent_id IS NOT NULL;`);
  const first = idOf(2) as AccountId;
  await app.withTenant(ROOT, async (trx) => {
    await writeBlueprint(trx, { account: ROOT, id: BLUEPRINT, name: 'Practice', nameKey: 'practice' });
    await insertVersion(trx, 1, 5);
    await writeApplication(trx, {
      account: first,
      blueprint: { account: ROOT, id: BLUEPRINT },
      version: 1,
      application: BLUEPRINT,
      sections: ['caps', 'limits', 'products'],
      variables: {},
      products: { [SOURCE]: first as string as RowId },
      before: {},
      state: 'set_up',
      fault: null,
      by: BY,
      at: NOW,
    });
  });
  // The others are as the first; then some are changed, as anybody changes them.
  const columns =
    'root_id, blueprint_id, blueprint_account, version, application, sections, variables, before, state, caps_same, limits_same, products_same, applied_by, applied_at';
  await owner.query(`
    INSERT INTO blueprint_applications (account_id, products, ${columns})
      SELECT a.id, jsonb_build_object('${SOURCE}', a.id), ${columns
        .split(', ')
        .map((column) => `b.${column}`)
        .join(', ')}
      FROM blueprint_applications b JOIN accounts a ON a.parent_id IS NOT NULL AND a.id <> b.account_id;
    CREATE TABLE bench_changed AS SELECT ${uuidOf(`1 + n * ${CHANGED}`)} AS id, n % 3 AS how FROM generate_series(1, ${Math.floor(ACCOUNTS / CHANGED)}) n;
    UPDATE account_caps c SET levels = c.levels || '{"tasks": "none", "billing": "full"}' FROM bench_changed x WHERE x.how = 0 AND c.account_id = x.id;
    UPDATE limits l SET cap = 8 FROM bench_changed x WHERE x.how = 1 AND l.account_id = x.id;
    UPDATE products p SET doc = p.doc || '{"name": "Our desk"}' FROM bench_changed x WHERE x.how = 2 AND p.account_id = x.id;`);
  await owner.query('VACUUM ANALYZE');
}

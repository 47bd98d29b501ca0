// What numbering invoices without gaps costs, beside doing it one by one. Each is of a payer of its own, with a log of its own.
import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { issueWaiting } from '../../../packages/db/src/index.ts';
import { type BenchDatabase, idOf, uuidOf } from '../database.ts';
import { interleave, median } from '../measure.ts';
import { timed } from './closing.ts';
import { NOW } from './plant.ts';

const DRAFTS = 10_000;
/** Drafts that are numbered one by one: as many take too long. */
const ONE_BY_ONE = 1_000;
export const CALLERS = 16;
/** As many as the product numbers at once. */
const AT_ONCE = 500;
/** Payers stand behind all other accounts. */
const FIRST_PAYER = 1_000_001;

/** Median ms for one invoice: its number alone, and with what the logs say of it. */
export type Numbering = Readonly<Record<keyof ReturnType<typeof casesOf>, number>>;

const casesOf = (database: BenchDatabase) => ({
  oneByOne: () => numberOneByOne(database, 'number'),
  together: () => numberTogether(database, 'number'),
  oneByOneLogged: () => numberOneByOne(database, 'number and log'),
  togetherLogged: () => numberTogether(database, 'number and log'),
});

type What = 'number' | 'number and log';

export async function measureNumbering(database: BenchDatabase, repeats: number): Promise<Numbering> {
  await database.owner.query(`
    INSERT INTO accounts (id, root_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
    SELECT p.id, p.id, '', 'Payer ' || n, 'payer ' || n, 'direct', p.id, 1, now()
    FROM generate_series(${FIRST_PAYER}, ${FIRST_PAYER + DRAFTS - 1}) n CROSS JOIN LATERAL (SELECT ${uuidOf('n')} AS id) p;
    CREATE TABLE bench_log (id uuid PRIMARY KEY, account_id uuid, number int, at timestamptz)`);
  await database.owner.query('ANALYZE accounts');
  const ms = await interleave(casesOf(database), repeats);
  return {
    oneByOne: median(ms.oneByOne),
    together: median(ms.together),
    oneByOneLogged: median(ms.oneByOneLogged),
    togetherLogged: median(ms.togetherLogged),
  };
}

async function plantDrafts({ owner }: BenchDatabase, drafts: number): Promise<void> {
  await owner.query('TRUNCATE invoices, invoice_lines, invoice_series');
  await owner.query(`
    INSERT INTO invoices (account_id, id, kind, period, series, currency, exponent, total, lines, terms, drafted_at)
    SELECT ${uuidOf(`n + ${FIRST_PAYER - 1}`)}, ${uuidOf('n')}, 'period', '2026-10-01Z', 'INV', 'EUR', 2, 100, 0, '{"told": {"account": "x", "period": "2026-10", "total": "EUR 1.00"}}', now() + n * interval '1 ms'
    FROM generate_series(1, ${drafts}) n`);
  await owner.query('ANALYZE invoices');
}

/** The usual counter row: a transaction for each invoice, and as many at one time as there are payers to be closed. The log is a plain one. */
async function numberOneByOne(database: BenchDatabase, what: What): Promise<number> {
  await plantDrafts(database, ONE_BY_ONE);
  await database.owner.query(`INSERT INTO invoice_series VALUES ('INV', 2026, 0, now())`);
  const clients = await Promise.all(Array.from({ length: CALLERS }, () => database.owner.connect()));
  let next = 0;
  const numberAll = async (client: PoolClient): Promise<void> => {
    while (next < ONE_BY_ONE) await numberOne(client, (next += 1), what);
  };
  try {
    return (await timed(() => Promise.all(clients.map(numberAll)))) / ONE_BY_ONE;
  } finally {
    for (const client of clients) client.release();
  }
}

async function numberOne(client: PoolClient, n: number, what: What): Promise<void> {
  const account = idOf(FIRST_PAYER - 1 + n);
  await client.query('BEGIN');
  const { rows } = await client.query<{ last: number }>(
    `UPDATE invoice_series SET last = last + 1, last_at = greatest(last_at, now()) WHERE series = 'INV' AND year = 2026 RETURNING last`,
  );
  const last = rows[0]?.last;
  await client.query(
    `UPDATE invoices SET number = $3, year = 2026, status = 'issued', issued_at = now() WHERE account_id = $1 AND id = $2 AND status = 'draft'`,
    [account, idOf(n), last],
  );
  if (what === 'number and log')
    await client.query('INSERT INTO bench_log VALUES ($1, $2, $3, now())', [randomUUID(), account, last]);
  await client.query('COMMIT');
}

/** As the product does; without the log by the one statement of it that numbers. */
async function numberTogether(database: BenchDatabase, what: What): Promise<number> {
  await plantDrafts(database, DRAFTS);
  const by = { actor: { kind: 'system', id: null, name: 'Tenantree', via: null }, requestId: null } as const;
  const number = async (): Promise<number> => {
    if (what === 'number and log') return issueWaiting(database.app, NOW, AT_ONCE, by);
    const { rows } = await database.owner.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM issue_invoices(NULL, NULL, '${NOW}', ${AT_ONCE})`,
    );
    return rows[0]?.n ?? 0;
  };
  const ms = await timed(async () => {
    for (let issued = 0; issued < DRAFTS; ) issued += await number();
  });
  const { rows } = await database.owner.query<{ last: number; n: number }>(
    `SELECT max(number) AS last, count(DISTINCT number)::int AS n FROM invoices`,
  );
  if (rows[0]?.last !== DRAFTS || rows[0].n !== DRAFTS) throw new Error(`there are gaps: ${JSON.stringify(rows)}`);
  return ms / DRAFTS;
}

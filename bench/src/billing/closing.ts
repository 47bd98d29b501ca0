// What closing a period costs, beside the statement that anyone would sum it up by, beside a transaction for every account, and beside usage
// that goes on meanwhile.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PoolClient } from 'pg';
import { type DraftingHall, draftInvoice } from '../../../apps/api/src/billing/draft-invoice.ts';
import { readQuantityBilled } from '../../../packages/db/src/index.ts';
import { NO_TAX, parseDecimal, parsePlan, rate } from '../../../packages/domain/src/index.ts';
import { type BenchDatabase, idOf } from '../database.ts';
import { interleave, median, nowMs } from '../measure.ts';
import { NOW, OCTOBER, plantEvents, ROOT, SUMS, TERMS } from './plant.ts';

const CHILDREN = 2_000;

const hallOf = ({ app }: BenchDatabase): DraftingHall => ({
  db: app,
  clock: { nowMs: () => Date.parse(NOW) },
  newId: <Id extends string>() => randomUUID() as string as Id,
  tax: NO_TAX,
  settings: { usageMaxAgeDays: 35, invoiceSender: null },
  usageDoor: { settle: async () => undefined, recorded: () => undefined, record: async () => [] },
});

const plan = (() => {
  const read = parsePlan(TERMS);
  if (!read.ok) throw new Error(read.refusal.message);
  return read.value;
})();

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = nowMs();
  await work();
  return nowMs() - started;
}

const bareSums = ({ owner }: BenchDatabase): Promise<number> =>
  timed(() => owner.query(`SELECT count(*), sum(quantity) FROM (${SUMS}) x`));

/** What every account used, added up and rated: more than a close reads, which finds it in the payer's own row and checks it while it writes. */
const readAndRate = ({ app }: BenchDatabase): Promise<number> => {
  const meter = { key: 'call.minutes', counted: 'call.seconds' } as const;
  const billed = { account: ROOT, seller: null, meter, period: OCTOBER.start, part: null } as const;
  return timed(() =>
    app.withTenant(ROOT, async (trx) =>
      rate(plan.rates[0]!, plan.currency, parseDecimal(await readQuantityBilled(trx, billed)) ?? 0n),
    ),
  );
};

/** Closes the period. @returns ms, and how much this process grew (MB) */
export async function close(database: BenchDatabase): Promise<{ ms: number; mb: number }> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const ms = await timed(() => draftInvoice(hallOf(database), { account: ROOT, period: OCTOBER, kind: 'period' }));
  clearInterval(watch);
  return { ms, mb: (peak - before) / 2 ** 20 };
}

/** Checks the invoice, and forgets it. @throws Error when it is wrong */
export async function checkAndForget({ owner }: BenchDatabase): Promise<void> {
  const { rows } = await owner.query<{ lines: number; total: string; lined: string; quantity: string; used: string }>(`
    SELECT i.lines, i.total, sum(l.amount) AS lined, sum(l.quantity) AS quantity,
      (SELECT total FROM usage_totals WHERE account_id = '${ROOT}' AND period = '2026-10-01Z') AS used
    FROM invoices i JOIN invoice_lines l ON l.account_id = i.account_id AND l.invoice_id = i.id GROUP BY 1, 2`);
  const [one] = rows;
  if (!one || one.total !== one.lined || Number(one.quantity) !== Number(one.used))
    throw new Error(`the invoice is wrong: ${JSON.stringify(rows)}`);
  await owner.query(`TRUNCATE invoices, invoice_lines; UPDATE subscriptions SET billed_to = valid_from`);
}

export type Closing = {
  /** Median ms. */
  readonly bare: number;
  readonly rated: number;
  readonly closed: number;
  /** What this process grew by, and what the largest process of the database held, shared pages included (MB). */
  readonly mb: number;
  readonly backendMb: number;
};

/** Measures all three in turn, over so many events. */
export async function measureClosing(database: BenchDatabase, events: number, repeats: number): Promise<Closing> {
  await plantEvents(database, events);
  let mb = 0;
  await bareSums(database); // so that no one case reads the events from the disk
  const ms = await interleave(
    {
      bare: () => bareSums(database),
      rated: () => readAndRate(database),
      closed: async () => {
        const closed = await close(database);
        await checkAndForget(database);
        mb = Math.max(mb, closed.mb);
        return closed.ms;
      },
    },
    repeats,
  );
  const [bare, rated, closed] = [median(ms.bare), median(ms.rated), median(ms.closed)];
  return { bare, rated, closed, mb, backendMb: await backendPeak(database) };
}

/** What the largest process of the database ever held, shared pages included (MB). */
async function backendPeak({ app }: BenchDatabase): Promise<number> {
  const { rows } = await app.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const [, kb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

/** As it would be done child by child: a transaction, six statements, and an invoice each. @returns ms for one */
export async function childByChild({ owner }: BenchDatabase): Promise<number> {
  await owner.query(`INSERT INTO invoice_series VALUES ('CHILD', 2026, 0, now()) ON CONFLICT DO NOTHING`);
  const client = await owner.connect();
  try {
    const ms = await timed(async () => {
      for (let n = 2; n < CHILDREN + 2; n++) await closeChild(client, n);
    });
    await owner.query('TRUNCATE invoices, invoice_lines, invoice_series');
    return ms / CHILDREN;
  } finally {
    client.release();
  }
}

async function closeChild(client: PoolClient, n: number): Promise<void> {
  const child = idOf(n);
  const id = randomUUID();
  await client.query('BEGIN');
  await client.query('SELECT id, name FROM accounts WHERE id = $1 FOR UPDATE', [child]);
  const { rows } = await client.query(
    `SELECT own FROM usage_totals WHERE account_id = $1 AND meter = 'call.seconds' AND period = '2026-10-01Z'`,
    [child],
  );
  const amount = Math.round((Number(rows[0]?.own ?? 0) / 60) * 7.9);
  await client.query(
    `INSERT INTO invoices (account_id, id, kind, period, series, currency, exponent, total, lines, terms, drafted_at) VALUES ($1, $2, 'period', '2026-10-01Z', 'CHILD', 'EUR', 2, $3, 1, '{}', now())`,
    [child, id, amount],
  );
  await client.query(
    `INSERT INTO invoice_lines (account_id, invoice_id, n, type, for_account, meter, of_period, quantity, amount) VALUES ($1, $2, 1, 'usage', $1, 'call.minutes', '2026-10-01Z', $3, $4)`,
    [child, id, rows[0]?.own ?? 0, amount],
  );
  const numbered = await client.query<{ last: number }>(
    `UPDATE invoice_series SET last = last + 1 WHERE series = 'CHILD' AND year = 2026 RETURNING last`,
  );
  await client.query(
    `UPDATE invoices SET number = $3, year = 2026, status = 'issued', issued_at = now() WHERE account_id = $1 AND id = $2`,
    [child, id, numbered.rows[0]?.last],
  );
  await client.query('COMMIT');
}

// What closing a period costs, beside the statement that anyone would sum it up by, and beside a transaction for every account; what numbering
// invoices without gaps costs, beside doing it one by one; and what this period so far costs, beside a page of the tree.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PoolClient } from 'pg';
import { type DraftingHall, draftInvoice } from '../../../apps/api/src/billing/draft-invoice.ts';
import { readSoFar } from '../../../apps/api/src/billing/so-far.ts';
import {
  findPlan,
  issueWaiting,
  listChildren,
  readQuantityBilled,
  readSubscriptions,
  startSubscription,
  storePlans,
} from '../../../packages/db/src/index.ts';
import {
  type AccountId,
  billingPeriodOf,
  type Instant,
  NO_TAX,
  type PlanInput,
  parseDecimal,
  parsePlan,
  rate,
} from '../../../packages/domain/src/index.ts';
import { type BenchDatabase, idOf, plantTree, startDatabase, uuidOf } from '../database.ts';
import { interleave, median, nowMs } from '../measure.ts';
import { digits, isMet, type Target, table, targets } from '../report.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 10_000_000);
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 3);
const ACCOUNTS = 100_001;
const MOVED = 1_000;
const CHILDREN = 2_000;
const DRAFTS = 10_000;
/** Drafts that are numbered one by one: as many take too long. */
const ONE_BY_ONE = 1_000;
const CALLERS = 16;
const ROOT = idOf(1) as AccountId;
const OCTOBER = billingPeriodOf('2026-10-01T00:00:00.000Z' as Instant);
const MONTH = 2026 * 12 + 9;
const NOW = '2026-11-01T12:01:00.000Z' as Instant;

const TERMS: PlanInput = {
  currency: 'EUR',
  monthlyFee: '99',
  meters: {
    'call.minutes': {
      model: 'graduated',
      included: '100000',
      tiers: [
        { upTo: '1000000', price: '0.079' },
        { upTo: '10000000', price: '0.071' },
        { upTo: null, price: '0.063' },
      ],
    },
  },
  concurrent: null,
  subaccounts: 'included',
  countries: null,
};

/** A tree of 100 000 subaccounts, ten to a parent, with a month of events, its totals, and a thousand accounts that were moved in the middle. */
async function plant({ app, owner }: BenchDatabase): Promise<void> {
  await owner.query(
    `CREATE TABLE bench_shape AS SELECT n, CASE WHEN n > 1 THEN (n - 2) / 10 + 1 END AS parent FROM generate_series(1, ${ACCOUNTS}) n`,
  );
  await plantTree(owner);
  await owner.query('INSERT INTO account_roots (id, root_id) SELECT id, root_id FROM accounts ON CONFLICT DO NOTHING');
  await owner.query(`UPDATE accounts SET placed_at = '2026-01-01'`);
  await owner.query('SELECT make_month($1)', [MONTH]);
  await owner.query(`
    INSERT INTO usage_events (account_id, key, month, meter, quantity, occurred_at, recorded_at, attributes, kind, reason)
    SELECT ${uuidOf('(2 + (i * 7919) % 100000)')}, i::text, ${MONTH}, 'call.seconds', 1 + (i * 31) % 600, '2026-10-01Z'::timestamptz + (i % 2600000) * interval '1 second',
      '2026-11-01Z', '{}', 'usage', NULL FROM generate_series(1, ${EVENTS}::bigint) i`);
  await owner.query(`
    INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
      SELECT account_id, 'call.seconds', '2026-10-01Z', sum(quantity), sum(quantity), count(*), count(*), 1 FROM usage_events GROUP BY 1;
    INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
      SELECT '${ROOT}', 'call.seconds', '2026-10-01Z', 0, sum(total), 0, sum(total_events), 1 FROM usage_totals`);
  const middle = `'2026-10-15Z'::timestamptz`;
  await owner.query(`
    INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id, name)
      SELECT a.id, ${middle}, a.root_id, uuid_send(${uuidOf('2')}) || uuid_send(a.id), a.payer_id, a.name FROM accounts a WHERE a.children = 0 ORDER BY a.id LIMIT ${MOVED};
    UPDATE accounts SET placed_at = ${middle} WHERE id IN (SELECT account_id FROM past_placements);
    INSERT INTO usage_segments (account_id, valid_to, meter, quantity)
      SELECT p.account_id, p.valid_to, 'call.seconds', (SELECT coalesce(sum(e.quantity), 0) FROM usage_events e WHERE e.month = ${MONTH} AND e.account_id = p.account_id AND e.occurred_at < p.valid_to)
      FROM past_placements p`);
  await owner.query('VACUUM ANALYZE');
  await storePlans(app, [{ id: 'bench', name: 'Bench', terms: TERMS }], NOW);
  await app.withTenant(ROOT, (trx) => startSubscription(trx, ROOT, { id: 'bench', version: 1, from: OCTOBER.start }));
}

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

const SUMS = `SELECT account_id, sum(quantity) AS quantity FROM usage_events WHERE meter = 'call.seconds' AND month = ${MONTH} GROUP BY account_id`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = nowMs();
  await work();
  return nowMs() - started;
}

/** Closes the period, and forgets that it did. @returns ms, and how much this process grew (MB) */
async function close(database: BenchDatabase): Promise<{ ms: number; mb: number }> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const ms = await timed(() => draftInvoice(hallOf(database), { account: ROOT, period: OCTOBER, kind: 'period' }));
  clearInterval(watch);
  return { ms, mb: (peak - before) / 2 ** 20 };
}

async function checkAndForget({ owner }: BenchDatabase): Promise<void> {
  const { rows } = await owner.query<{ lines: number; total: string; lined: string; quantity: string; used: string }>(`
    SELECT i.lines, i.total, sum(l.amount) AS lined, sum(l.quantity) AS quantity, (SELECT total FROM usage_totals WHERE account_id = '${ROOT}') AS used
    FROM invoices i JOIN invoice_lines l ON l.account_id = i.account_id AND l.invoice_id = i.id GROUP BY 1, 2`);
  const [one] = rows;
  if (!one || one.total !== one.lined || Number(one.quantity) !== Number(one.used))
    throw new Error(`the invoice is wrong: ${JSON.stringify(rows)}`);
  await owner.query(`TRUNCATE invoices, invoice_lines; UPDATE subscriptions SET billed_to = valid_from`);
}

/** As it would be done child by child: a transaction, six statements, and an invoice each. */
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

async function childByChild({ owner }: BenchDatabase): Promise<number> {
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

/** Drafts of so many main accounts. */
async function plantDrafts({ owner }: BenchDatabase, drafts: number): Promise<void> {
  await owner.query('TRUNCATE invoices, invoice_lines, invoice_series');
  await owner.query(`
    INSERT INTO invoices (account_id, id, kind, period, series, currency, exponent, total, lines, terms, drafted_at)
    SELECT ${uuidOf('n + 1000000')}, ${uuidOf('n')}, 'period', '2026-10-01Z', 'INV', 'EUR', 2, 100, 0, '{"told": {"account": "x", "period": "2026-10", "total": "EUR 1.00"}}', now()
    FROM generate_series(1, ${drafts}) n`);
}

/** The usual counter row: a transaction for each invoice, with a row of the log, and as many at one time as there are payers to be closed. */
async function numberOneByOne(database: BenchDatabase): Promise<number> {
  await plantDrafts(database, ONE_BY_ONE);
  await database.owner.query(
    `INSERT INTO invoice_series VALUES ('INV', 2026, 0, now()); CREATE TABLE IF NOT EXISTS bench_log (id uuid PRIMARY KEY, account_id uuid, number int, at timestamptz)`,
  );
  const clients = await Promise.all(Array.from({ length: CALLERS }, () => database.owner.connect()));
  let next = 0;
  const numberAll = async (client: PoolClient): Promise<void> => {
    while (next < ONE_BY_ONE) await numberOne(client, (next += 1));
  };
  try {
    return (await timed(() => Promise.all(clients.map(numberAll)))) / ONE_BY_ONE;
  } finally {
    for (const client of clients) client.release();
  }
}

async function numberOne(client: PoolClient, n: number): Promise<void> {
  const account = idOf(n + 1_000_000);
  await client.query('BEGIN');
  const { rows } = await client.query<{ last: number }>(
    `UPDATE invoice_series SET last = last + 1, last_at = greatest(last_at, now()) WHERE series = 'INV' AND year = 2026 RETURNING last`,
  );
  const last = rows[0]?.last;
  await client.query(
    `UPDATE invoices SET number = $3, year = 2026, status = 'issued', issued_at = now() WHERE account_id = $1 AND id = $2 AND status = 'draft'`,
    [account, idOf(n), last],
  );
  await client.query('INSERT INTO bench_log VALUES ($1, $2, $3, now())', [randomUUID(), account, last]);
  await client.query('COMMIT');
}

async function numberTogether(database: BenchDatabase): Promise<number> {
  await plantDrafts(database, DRAFTS);
  const by = { actor: { kind: 'system', id: null, name: 'Tenantree', via: null }, requestId: null } as const;
  const ms = await timed(async () => {
    for (let issued = 0; issued < DRAFTS; ) issued += await issueWaiting(database.app, NOW, 500, by);
  });
  const { rows } = await database.owner.query<{ last: number; n: number }>(
    `SELECT max(number) AS last, count(DISTINCT number)::int AS n FROM invoices`,
  );
  if (rows[0]?.last !== DRAFTS || rows[0].n !== DRAFTS) throw new Error(`there are gaps: ${JSON.stringify(rows)}`);
  return ms / DRAFTS;
}

async function soFar({ app }: BenchDatabase): Promise<number> {
  return timed(() =>
    app.withTenant(
      ROOT,
      async (trx) => {
        const [present] = await readSubscriptions(trx, ROOT);
        const stored = await findPlan(trx, 'bench');
        if (!present || !stored) throw new Error('the root has a plan');
        return readSoFar(trx, ROOT, { present, stored, period: OCTOBER });
      },
      { snapshot: true },
    ),
  );
}

const page = ({ app }: BenchDatabase): Promise<number> =>
  timed(() =>
    app.withTenant(
      ROOT,
      (trx) =>
        listChildren(trx, {
          parent: ROOT,
          sort: 'name',
          direction: 'asc',
          statuses: ['active', 'suspended'],
          after: null,
          limit: 50,
          now: NOW,
          visibility: 'with_minutes',
        }),
      { snapshot: true },
    ),
  );

/** What the largest process of the database ever held, shared pages included (MB). */
async function backendPeak({ app }: BenchDatabase): Promise<number> {
  const { rows } = await app.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const [, kb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

export async function run(): Promise<boolean> {
  const database = await startDatabase(CALLERS + 2);
  try {
    await plant(database);
    const { app, owner } = database;
    const billed = {
      account: ROOT,
      seller: null,
      meter: { key: 'call.minutes', counted: 'call.seconds' },
      period: OCTOBER.start,
      part: null,
    } as const;
    let mb = 0;
    const ms = await interleave(
      {
        bare: () => timed(() => owner.query(`SELECT count(*), sum(quantity) FROM (${SUMS}) x`)),
        rated: () =>
          timed(() =>
            app.withTenant(ROOT, async (trx) =>
              rate(plan.rates[0]!, plan.currency, parseDecimal(await readQuantityBilled(trx, billed)) ?? 0n),
            ),
          ),
        closed: async () => {
          const closed = await close(database);
          mb = Math.max(mb, closed.mb);
          await checkAndForget(database);
          return closed.ms;
        },
      },
      REPEATS,
    );
    const backendMb = await backendPeak(database);
    const small = await interleave({ soFar: () => soFar(database), page: () => page(database) }, 50);
    const child = await childByChild(database);
    const numbers = await interleave(
      { one: () => numberOneByOne(database), all: () => numberTogether(database) },
      REPEATS,
    );
    const bare = median(ms.bare);
    console.log(
      `${digits(EVENTS / 1e6)} M events, ${digits(ACCOUNTS - 1)} subaccounts, ${digits(MOVED)} moved inside the period; ms, medians of ${REPEATS}\n`,
    );
    const rows: [string, number][] = [
      ['bare GROUP BY over the events, answer left in the database', bare],
      ['**ours**: reading what every account used, and rating it', median(ms.rated)],
      ['**ours**: the whole draft, all lines written', median(ms.closed)],
      ['a transaction and invoice for one child', child],
      ['numbering one invoice, one by one, 16 callers', median(numbers.one)],
      ['**ours**: numbering one of many', median(numbers.all)],
      ['a page of the tree', median(small.page)],
      ['**ours**: this period so far', median(small.soFar)],
    ];
    console.log(
      table(
        [{ title: 'what', align: 'left' }, { title: 'ms' }],
        rows.map(([what, value]) => [what, digits(value)]),
      ),
    );
    const list: Target[] = [
      { what: 'reading and rating, of the bare GROUP BY', measured: median(ms.rated) / bare, atMost: 0.1 },
      { what: 'with all lines written, of the bare GROUP BY', measured: median(ms.closed) / bare, atMost: 0.5 },
      {
        what: 'per child, beside a transaction and invoice for each',
        measured: child / (median(ms.closed) / (ACCOUNTS - 1)),
        atLeast: 50,
      },
      {
        what: 'numbering, beside one by one by 16 callers',
        measured: median(numbers.one) / median(numbers.all),
        atLeast: 50,
      },
      {
        what: 'this period so far, of a page of the tree',
        measured: median(small.soFar) / median(small.page),
        atMost: 3,
      },
      { what: 'what the process grows by while it closes (MB)', measured: mb, atMost: 300 },
      { what: 'the largest process of the database, shared pages included (MB)', measured: backendMb, atMost: 300 },
    ];
    console.log(`\n${targets(list)}`);
    return list.every(isMet);
  } finally {
    await database.drop();
  }
}

import type { AccountId, CountedMeter, Decimal, Instant, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import { type Happening, traceOf } from '../journal/append.ts';

/** `period`: of one period; `supplement`: what came late for a payer that left; `credit`: takes back what another one bills. */
export type InvoiceKind = 'period' | 'supplement' | 'credit';

/** By what an invoice was made, as JSON: whoever writes it says what is in it. */
export type InvoiceTerms = Readonly<Record<string, unknown>>;

/** An invoice as it is written, before it has a number. */
export type InvoiceDraft = {
  readonly id: RowId;
  readonly kind: InvoiceKind;
  /** Start of the period. */
  readonly period: Instant;
  /** Of several of a kind and period; from 0. */
  readonly seq: number;
  readonly currency: { readonly code: string; readonly exponent: number };
  /** Sum of the lines; minor units. */
  readonly total: bigint;
  /** Taken from the balance; minor units. */
  readonly applied: bigint;
  /** Of a credit note the invoice that it takes back. */
  readonly credits: RowId | null;
  readonly lines: number;
  readonly terms: InvoiceTerms;
  readonly draftedAt: Instant;
};

/** An invoice as it is kept; one that is issued never changes. */
export type StoredInvoice = InvoiceDraft & {
  /** Null: a draft. */
  readonly issued: { readonly number: string; readonly at: Instant } | null;
};

/** A payer's own row of totals of a period, as far as it is counted: how many events, and how much as it is counted. */
export async function readCountedTotal(
  trx: TenantTransaction,
  payer: AccountId,
  meter: CountedMeter,
  period: Instant,
): Promise<{ readonly events: number; readonly quantity: Decimal }> {
  const { rows } = await sql<{ events: string; quantity: Decimal }>`
    SELECT total_events AS events, trim_scale(total)::text AS quantity FROM usage_totals
    WHERE account_id = ${payer} AND meter = ${meter} AND period = ${period}::timestamptz`.execute(trx);
  const [row] = rows;
  return { events: Number(row?.events ?? 0), quantity: row?.quantity ?? ('0' as Decimal) };
}

/** Waits until nobody else writes drafts of the acting account. */
export async function takeTurnInBilling(trx: TenantTransaction): Promise<void> {
  await sql`SELECT take_turn_in_billing()`.execute(trx);
}

/** Writes an invoice of the acting account, without a number, and what it takes from the balance. Its lines are written before. */
export async function writeInvoice(
  trx: TenantTransaction,
  account: AccountId,
  draft: InvoiceDraft,
  series: 'INV' | 'CRN',
): Promise<void> {
  const { id, kind, period, seq, currency, total, applied, credits, lines, terms, draftedAt } = draft;
  await sql`
    INSERT INTO invoices (account_id, id, kind, period, seq, series, currency, exponent, total, applied, credits, lines, terms, drafted_at)
    VALUES (${account}, ${id}, ${kind}, ${period}::timestamptz, ${seq}, ${series}, ${currency.code}, ${currency.exponent}, ${total.toString()}, ${applied.toString()},
      ${credits}, ${lines}, ${JSON.stringify(terms)}::jsonb, ${draftedAt}::timestamptz)`.execute(trx);
}

/** An entry of a balance: what a credit note gives, or an invoice takes; minor units. */
export type BalanceEntry = {
  readonly id: RowId;
  readonly currency: string;
  readonly amount: bigint;
  readonly invoice: RowId;
  readonly at: Instant;
};

/** Adds to the balance of the acting account, or takes from it. */
export async function writeBalanceEntry(
  trx: TenantTransaction,
  account: AccountId,
  entry: BalanceEntry,
): Promise<void> {
  await sql`INSERT INTO balance_entries (account_id, id, currency, amount, invoice_id, at)
    VALUES (${account}, ${entry.id}, ${entry.currency}, ${entry.amount.toString()}, ${entry.invoice}, ${entry.at}::timestamptz)`.execute(
    trx,
  );
}

/** Reads what the acting account has in credit, by currency; minor units. */
export async function readBalance(trx: TenantTransaction, account: AccountId): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await sql<{ currency: string; amount: string }>`
    SELECT currency, sum(amount)::text AS amount FROM balance_entries WHERE account_id = ${account} GROUP BY 1`.execute(
    trx,
  );
  return new Map(rows.map(({ currency, amount }) => [currency, BigInt(amount)]));
}

/** Notes that a period of the acting account has its invoice: the next one that is due is the one after it. */
export async function noteBilled(trx: TenantTransaction, account: AccountId, nextPeriod: Instant): Promise<void> {
  await sql`UPDATE subscriptions SET billed_to = ${nextPeriod}::timestamptz WHERE account_id = ${account} AND valid_from < ${nextPeriod}::timestamptz
    AND billed_to < ${nextPeriod}::timestamptz`.execute(trx);
}

/** Notes that nothing more can come late of subscriptions of the acting account that have ended by an instant. */
export async function noteNothingLate(trx: TenantTransaction, account: AccountId, endedBy: Instant): Promise<void> {
  await sql`UPDATE subscriptions SET billed_to = 'infinity' WHERE account_id = ${account} AND valid_to <= ${endedBy}::timestamptz`.execute(
    trx,
  );
}

/** The first period of the acting account that has no invoice yet, of those in which it had a plan; null: all have. */
export async function findFirstUnbilled(trx: TenantTransaction, account: AccountId): Promise<Instant | null> {
  const { rows } = await sql<{ period: Date }>`
    SELECT billed_to AS period FROM subscriptions WHERE account_id = ${account} AND billed_to < 'infinity' AND (valid_to IS NULL OR valid_to > billed_to)
    ORDER BY billed_to LIMIT 1`.execute(trx);
  return (rows[0]?.period.toISOString() ?? null) as Instant | null;
}

/** A payer with something to be closed: a period, or what came late since it left. */
export type PayerDue = {
  readonly account: AccountId;
  readonly period: Instant;
  readonly kind: 'period' | 'supplement';
};

/**
 * Finds payers with something to be closed, the oldest first.
 *
 * @param until `closed`: the last period that may be closed; `late`: the last of which nothing can come late any more
 */
export async function findPayersDue(
  db: Database,
  until: { readonly closed: Instant; readonly late: Instant },
  limit: number,
): Promise<PayerDue[]> {
  const { rows } = await sql<{ account_id: AccountId; period: Date; kind: 'period' | 'supplement' }>`
    SELECT * FROM public.payers_due(${until.closed}::timestamptz, ${until.late}::timestamptz, ${limit})`.execute(
    db.app,
  );
  return rows.map((row) => ({ account: row.account_id, period: row.period.toISOString() as Instant, kind: row.kind }));
}

/** An invoice that has just got its number. */
export type Issued = {
  readonly id: RowId;
  readonly number: string;
  readonly kind: InvoiceKind;
  readonly terms: InvoiceTerms;
};

/** Issues drafts of the acting account; one that is issued already is left as it is. Whoever issues next waits until this is committed. */
export async function issueDrafts(trx: TenantTransaction, ids: readonly RowId[], now: Instant): Promise<Issued[]> {
  const { rows } = await sql<Issued>`
    SELECT id, invoice_number(series, year, number) AS number, kind, terms FROM issue_drafts(${[...ids]}::uuid[], ${now}::timestamptz)`.execute(
    trx,
  );
  return rows;
}

/**
 * Issues drafts that wait, of whichever payers, all at once, and writes that into their logs.
 *
 * @param limit of each series
 * @param by what the rows of the logs have in common; what happened is of each its own
 * @returns how many
 */
export async function issueWaiting(
  db: Database,
  now: Instant,
  limit: number,
  by: Pick<Happening, 'actor' | 'requestId'>,
): Promise<number> {
  const common = traceOf('' as AccountId, {
    ...by,
    action: 'invoice.issued',
    details: {},
    id: '' as RowId,
    at: now,
    target: null,
  });
  const { rows } = await sql<{ issued: number }>`
    SELECT public.issue_waiting(${now}::timestamptz, ${limit}, ${JSON.stringify(common)}::jsonb) AS issued`.execute(
    db.app,
  );
  return rows[0]!.issued;
}

type RawInvoice = {
  id: RowId;
  kind: InvoiceKind;
  period: Date;
  seq: number;
  status: 'draft' | 'issued';
  numbered: string | null;
  issued_at: Date | null;
  currency: string;
  exponent: number;
  total: string;
  applied: string;
  credits: RowId | null;
  lines: number;
  terms: InvoiceTerms;
  drafted_at: Date;
};

const INVOICE_COLUMNS = sql`id, kind, period, seq, status, invoice_number(series, year, number) AS numbered, issued_at, currency, exponent,
  total::text AS total, applied::text AS applied, credits, lines, terms, drafted_at`;

function invoiceOf(row: RawInvoice): StoredInvoice {
  const { numbered: number, issued_at: at } = row;
  return {
    id: row.id,
    kind: row.kind,
    period: row.period.toISOString() as Instant,
    seq: row.seq,
    currency: { code: row.currency, exponent: row.exponent },
    total: BigInt(row.total),
    applied: BigInt(row.applied),
    credits: row.credits,
    lines: row.lines,
    terms: row.terms,
    draftedAt: row.drafted_at.toISOString() as Instant,
    issued: number === null || at === null ? null : { number, at: at.toISOString() as Instant },
  };
}

/** Reads issued invoices of the acting account, newest first, from behind one of them. */
export async function readInvoices(
  trx: TenantTransaction,
  account: AccountId,
  { before, limit }: { readonly before: RowId | null; readonly limit: number },
): Promise<StoredInvoice[]> {
  const { rows } = await sql<RawInvoice>`
    SELECT ${INVOICE_COLUMNS} FROM invoices WHERE account_id = ${account} AND status = 'issued' AND (${before}::uuid IS NULL OR id < ${before}::uuid) ORDER BY id DESC LIMIT ${limit}`.execute(
    trx,
  );
  return rows.map(invoiceOf);
}

/** Finds an invoice of the acting account, be it a draft. */
export async function findInvoice(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
): Promise<StoredInvoice | null> {
  const { rows } =
    await sql<RawInvoice>`SELECT ${INVOICE_COLUMNS} FROM invoices WHERE account_id = ${account} AND id = ${id}`.execute(
      trx,
    );
  return rows[0] ? invoiceOf(rows[0]) : null;
}

/** Finds the invoice of a kind and period of the acting account. */
export async function findInvoiceOf(
  trx: TenantTransaction,
  account: AccountId,
  { kind, period, seq }: Pick<InvoiceDraft, 'kind' | 'period' | 'seq'>,
): Promise<StoredInvoice | null> {
  const { rows } = await sql<RawInvoice>`
    SELECT ${INVOICE_COLUMNS} FROM invoices WHERE account_id = ${account} AND period = ${period}::timestamptz AND kind = ${kind} AND seq = ${seq}`.execute(
    trx,
  );
  return rows[0] ? invoiceOf(rows[0]) : null;
}

/**
 * Reads the invoices of closed periods of the acting account of which usage may have come since something was billed last, first to last.
 *
 * @param lateDays for how many days after its period usage can come
 */
export async function readPeriodsToLookAt(
  trx: TenantTransaction,
  account: AccountId,
  lateDays: number,
): Promise<StoredInvoice[]> {
  const { rows } = await sql<RawInvoice>`
    SELECT ${INVOICE_COLUMNS} FROM invoices WHERE account_id = ${account} AND kind = 'period' AND period > (
      SELECT max(i.drafted_at) FROM invoices i WHERE i.account_id = ${account} AND i.kind <> 'credit') - make_interval(days => ${lateDays + 32})
    ORDER BY period`.execute(trx);
  return rows.map(invoiceOf);
}

/** Counts the credit notes of a period of the acting account. */
export async function countCreditNotes(trx: TenantTransaction, account: AccountId, period: Instant): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::int AS n FROM invoices WHERE account_id = ${account} AND period = ${period}::timestamptz AND kind = 'credit'`.execute(
    trx,
  );
  return rows[0]!.n;
}

/** Reads what credit notes took of each line of an invoice of the acting account so far, by number; minor units, negative. */
export async function readCredited(
  trx: TenantTransaction,
  account: AccountId,
  invoice: RowId,
): Promise<ReadonlyMap<number, bigint>> {
  const { rows } = await sql<{ n: number; amount: string }>`
    SELECT l.of_line AS n, sum(l.amount)::text AS amount FROM invoices c
    JOIN invoice_lines l ON l.account_id = c.account_id AND l.invoice_id = c.id
    WHERE c.account_id = ${account} AND c.credits = ${invoice} AND l.of_line IS NOT NULL GROUP BY 1`.execute(trx);
  return new Map(rows.map(({ n, amount }) => [n, BigInt(amount)]));
}

/** Finds a draft of a credit note over an invoice of the acting account, which waits to be issued with it. */
export async function findDraftOver(trx: TenantTransaction, account: AccountId, invoice: RowId): Promise<RowId | null> {
  const { rows } = await sql<{ id: RowId }>`
    SELECT id FROM invoices WHERE account_id = ${account} AND credits = ${invoice} AND status = 'draft' ORDER BY seq LIMIT 1`.execute(
    trx,
  );
  return rows[0]?.id ?? null;
}

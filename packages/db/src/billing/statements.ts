import type { AccountId, Decimal, Instant, RowId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { LinesOf, UsageBilled } from './document-lines.ts';
import type { InvoiceTerms } from './invoices.ts';

/** `period`: of one period; `supplement`: what came late for a customer that left. */
export type StatementKind = 'period' | 'supplement';

/** A statement as it is written, before it has a number. */
export type StatementToWrite = {
  readonly id: RowId;
  readonly customer: AccountId;
  /** As it is called now; null: nobody knows. */
  readonly customerName: string | null;
  readonly kind: StatementKind;
  /** Start of the period. */
  readonly period: Instant;
  readonly currency: { readonly code: string; readonly exponent: number };
  /** Sum of the lines; minor units. */
  readonly total: bigint;
  readonly lines: number;
  /** By what it was made, as JSON: whoever writes it says what is in it. */
  readonly terms: InvoiceTerms;
  readonly draftedAt: Instant;
};

/** A statement as it is kept; one that is frozen never changes. */
export type StoredStatement = StatementToWrite & {
  readonly seller: AccountId;
  /** Null: it waits for its number. */
  readonly frozen: { readonly number: string; readonly at: Instant } | null;
};

type RawStatement = {
  account_id: AccountId;
  id: RowId;
  customer_id: AccountId;
  customer_name: string | null;
  kind: StatementKind;
  period: Date;
  year: number | null;
  number: number | null;
  frozen_at: Date | null;
  currency: string;
  exponent: number;
  total: string;
  lines: number;
  terms: InvoiceTerms;
  drafted_at: Date;
};

const statementOf = (row: RawStatement): StoredStatement => ({
  seller: row.account_id,
  id: row.id,
  customer: row.customer_id,
  customerName: row.customer_name,
  kind: row.kind,
  period: row.period.toISOString() as Instant,
  currency: { code: row.currency, exponent: row.exponent },
  total: BigInt(row.total),
  lines: row.lines,
  terms: row.terms,
  draftedAt: row.drafted_at.toISOString() as Instant,
  frozen:
    row.year === null || row.number === null || row.frozen_at === null
      ? null
      : {
          number: `STM-${row.year}-${String(row.number).padStart(6, '0')}`,
          at: row.frozen_at.toISOString() as Instant,
        },
});

/** Writes a statement of the acting account, without a number. Its lines are written before. */
export async function writeStatement(
  trx: TenantTransaction,
  account: AccountId,
  statement: StatementToWrite,
): Promise<void> {
  const { id, customer, customerName, kind, period, currency, total, lines, terms, draftedAt } = statement;
  await sql`
    INSERT INTO statements (account_id, id, customer_id, customer_name, kind, period, currency, exponent, total, lines, terms, drafted_at)
    VALUES (${account}, ${id}, ${customer}, ${customerName}, ${kind}, ${period}::timestamptz, ${currency.code}, ${currency.exponent}, ${total.toString()},
      ${lines}, ${JSON.stringify(terms)}::jsonb, ${draftedAt}::timestamptz)`.execute(trx);
}

/**
 * Freezes a draft of the acting account: it gets the next number of the year. Whoever freezes next of the same seller waits until this is
 * committed.
 *
 * @returns the number; null: it is no draft
 */
export async function freezeStatement(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
  now: Instant,
): Promise<StoredStatement | null> {
  const { rows } = await sql<RawStatement>`
    WITH taken AS (
      INSERT INTO statement_series AS n (account_id, year, last, last_at)
        SELECT ${account}::uuid, extract(year FROM ${now}::timestamptz AT TIME ZONE 'UTC')::int, 1, ${now}::timestamptz
        FROM statements s WHERE s.account_id = ${account} AND s.id = ${id} AND s.status = 'draft'
      ON CONFLICT (account_id, year) DO UPDATE SET last = n.last + 1, last_at = greatest(n.last_at, excluded.last_at)
      RETURNING n.year, n.last, n.last_at
    )
    UPDATE statements s SET status = 'frozen', year = taken.year, number = taken.last, frozen_at = taken.last_at
    FROM taken WHERE s.account_id = ${account} AND s.id = ${id} RETURNING s.*`.execute(trx);
  return rows[0] ? statementOf(rows[0]) : null;
}

/** Notes that a period of a customer of the acting account has its statement: the next one that is due is the one after it. */
export async function noteStated(
  trx: TenantTransaction,
  account: AccountId,
  customer: AccountId,
  nextPeriod: Instant,
): Promise<void> {
  await sql`UPDATE book_assignments SET stated_to = ${nextPeriod}::timestamptz WHERE account_id = ${account} AND customer_id = ${customer}
    AND valid_from < ${nextPeriod}::timestamptz AND stated_to < ${nextPeriod}::timestamptz`.execute(trx);
}

/** Notes that nothing more can come late of books of a customer that have ended by an instant. */
export async function noteNoneLate(
  trx: TenantTransaction,
  account: AccountId,
  customer: AccountId,
  endedBy: Instant,
): Promise<void> {
  await sql`UPDATE book_assignments SET stated_to = 'infinity' WHERE account_id = ${account} AND customer_id = ${customer}
    AND valid_to <= ${endedBy}::timestamptz AND valid_to <= stated_to`.execute(trx);
}

/** The first period of a customer of the acting account that has no statement yet, of those in which it had a book; null: all have. */
export async function findFirstUnstated(
  trx: TenantTransaction,
  account: AccountId,
  customer: AccountId,
): Promise<Instant | null> {
  const { rows } = await sql<{ period: Date }>`
    SELECT stated_to AS period FROM book_assignments WHERE account_id = ${account} AND customer_id = ${customer} AND stated_to < 'infinity'
      AND (valid_to IS NULL OR valid_to > stated_to) ORDER BY stated_to LIMIT 1`.execute(trx);
  return (rows[0]?.period.toISOString() ?? null) as Instant | null;
}

/** Something to be stated: a period of a customer, or what came late since it left. */
export type StatementDue = {
  readonly account: AccountId;
  readonly customer: AccountId;
  readonly period: Instant;
  readonly kind: StatementKind;
};

/**
 * Finds what is to be stated, the oldest first.
 *
 * @param until `closed`: the last period that may be closed; `late`: the last of which nothing can come late any more
 */
export async function findStatementsDue(
  db: Database,
  until: { readonly closed: Instant; readonly late: Instant },
  limit: number,
): Promise<StatementDue[]> {
  const { rows } = await sql<{ account_id: AccountId; customer_id: AccountId; period: Date; kind: StatementKind }>`
    SELECT * FROM public.statements_due(${until.closed}::timestamptz, ${until.late}::timestamptz, ${limit})`.execute(
    db.app,
  );
  return rows.map((row) => ({
    account: row.account_id,
    customer: row.customer_id,
    period: row.period.toISOString() as Instant,
    kind: row.kind,
  }));
}

async function readSome(trx: TenantTransaction, where: RawBuilder<unknown>): Promise<StoredStatement[]> {
  const { rows } = await sql<RawStatement>`SELECT * FROM statements WHERE ${where}`.execute(trx);
  return rows.map(statementOf);
}

/** Finds a statement that the acting account sends or has, be it a draft of its own. */
export async function findStatement(trx: TenantTransaction, id: RowId): Promise<StoredStatement | null> {
  const [found] = await readSome(trx, sql`id = ${id} LIMIT 1`);
  return found ?? null;
}

/** Finds the statement of a customer of the acting account for a period. */
export async function findStatementOf(
  trx: TenantTransaction,
  account: AccountId,
  { customer, period, kind }: Pick<StatementToWrite, 'customer' | 'period' | 'kind'>,
): Promise<StoredStatement | null> {
  const [found] = await readSome(
    trx,
    sql`account_id = ${account} AND customer_id = ${customer} AND period = ${period}::timestamptz AND kind = ${kind}`,
  );
  return found ?? null;
}

/** Finds the frozen statement that the acting account has from whoever sold to it in a period. */
export async function findReceived(
  trx: TenantTransaction,
  customer: AccountId,
  period: Instant,
): Promise<StoredStatement | null> {
  const [found] = await readSome(
    trx,
    sql`customer_id = ${customer} AND period = ${period}::timestamptz AND kind = 'period' AND status = 'frozen' ORDER BY id LIMIT 1`,
  );
  return found ?? null;
}

/** Reads frozen statements that the acting account sends, newest first, from behind one of them. */
export const readStatements = (
  trx: TenantTransaction,
  account: AccountId,
  {
    customer,
    period,
    before,
    limit,
  }: {
    readonly customer: AccountId | null;
    readonly period: Instant | null;
    readonly before: RowId | null;
    readonly limit: number;
  },
): Promise<StoredStatement[]> =>
  readSome(
    trx,
    sql`account_id = ${account} AND status = 'frozen' AND (${customer}::uuid IS NULL OR customer_id = ${customer}::uuid)
      AND (${period}::timestamptz IS NULL OR period = ${period}::timestamptz) AND (${before}::uuid IS NULL OR id < ${before}::uuid)
    ORDER BY id DESC LIMIT ${limit}`,
  );

/** Reads frozen statements that the acting account has, newest first, from behind one of them. */
export const readReceived = (
  trx: TenantTransaction,
  customer: AccountId,
  { before, limit }: { readonly before: RowId | null; readonly limit: number },
): Promise<StoredStatement[]> =>
  readSome(
    trx,
    sql`customer_id = ${customer} AND status = 'frozen' AND (${before}::uuid IS NULL OR id < ${before}::uuid) ORDER BY id DESC LIMIT ${limit}`,
  );

/** Reads all statements of a period that the acting account sends, drafts that wait for their number included. */
export const readStatementsOf = (
  trx: TenantTransaction,
  account: AccountId,
  period: Instant,
): Promise<StoredStatement[]> =>
  readSome(
    trx,
    sql`account_id = ${account} AND period = ${period}::timestamptz AND kind = 'period' ORDER BY customer_id`,
  );

/** The start of the newest period for which each of some customers of the acting account has a statement. */
export async function readLastStated(
  trx: TenantTransaction,
  account: AccountId,
  customers: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, Instant>> {
  const { rows } = await sql<{ customer_id: AccountId; period: Date }>`
    SELECT customer_id, max(period) AS period FROM statements WHERE account_id = ${account} AND customer_id = ANY (${[...customers]}::uuid[])
      AND kind = 'period' GROUP BY 1`.execute(trx);
  return new Map(rows.map(({ customer_id, period }) => [customer_id, period.toISOString() as Instant]));
}

/**
 * Reads the statements of periods of a customer before one of which usage may have come since something was stated last in their currency, first
 * to last: statements in another one say nothing of what came late of them.
 *
 * @param lateDays for how many days after its period usage can come
 */
export const readStatementsToLookAt = (
  trx: TenantTransaction,
  account: AccountId,
  { customer, before, lateDays }: { readonly customer: AccountId; readonly before: Instant; readonly lateDays: number },
): Promise<StoredStatement[]> =>
  readSome(
    trx,
    sql`account_id = ${account} AND customer_id = ${customer} AND kind = 'period' AND period < ${before}::timestamptz AND period > (
      SELECT max(i.drafted_at) FROM statements i WHERE i.account_id = ${account} AND i.customer_id = ${customer} AND i.currency = statements.currency)
        - make_interval(days => ${lateDays + 32})
    ORDER BY period`,
  );

/** When a period of a customer was looked at last before a statement was made; null: never. */
export async function readStatedBefore(
  trx: TenantTransaction,
  { seller, customer, id, currency }: Pick<StoredStatement, 'seller' | 'customer' | 'id' | 'currency'>,
  period: Instant,
): Promise<Instant | null> {
  const { rows } = await sql<{ at: Date | null }>`
    SELECT max(drafted_at) AS at FROM statements WHERE account_id = ${seller} AND customer_id = ${customer} AND currency = ${currency.code} AND id < ${id}
      AND period >= ${period}::timestamptz`.execute(trx);
  return instantOrNull(rows[0]!.at);
}

/** What lines come to that are not written, or are, of one account directly below the payer or customer. */
export type SharedCost = {
  /** Null: no account's, or the one's itself that pays. */
  readonly below: AccountId | null;
  readonly type: 'fee' | 'usage' | 'late';
  /** Minor units. */
  readonly amount: bigint;
};

/** Sums up what all of a meter and period costs, as its lines would be, by account directly below whoever pays. */
export async function shareCost(
  trx: TenantTransaction,
  { account, seller, meter, period, part }: UsageBilled,
  rated: { readonly quantity: Decimal; readonly amount: bigint },
): Promise<SharedCost[]> {
  const { rows } = await sql<{ below: AccountId | null; amount: string }>`
    SELECT encode(nullif(below_in(u.place, ${account}), ''), 'hex')::uuid AS below, sum(u.amount)::text AS amount
    FROM split_usage(${account}, ${seller}, ${meter.counted}, ${period}::timestamptz, ${part?.from ?? null}::timestamptz, ${part?.to ?? null}::timestamptz,
      ${rated.quantity}::numeric, ${rated.amount.toString()}::numeric, false) u GROUP BY 1`.execute(trx);
  return rows.map(({ below, amount }) => ({ below, type: 'usage', amount: BigInt(amount) }));
}

/** Sums up the lines of an invoice or statement by account directly below whoever pays it. Tax and what goes to a balance are no costs. */
export async function sumCosts(trx: TenantTransaction, of: LinesOf, payer: AccountId): Promise<SharedCost[]> {
  const document = sql.ref(of.table === 'invoice_lines' ? 'invoice_id' : 'statement_id');
  const { rows } = await sql<{ below: AccountId | null; type: SharedCost['type']; amount: string }>`
    SELECT encode(nullif(below_in(l.place, ${payer}), ''), 'hex')::uuid AS below, l.type, sum(l.amount)::text AS amount
    FROM ${sql.table(of.table)} l WHERE l.account_id = ${of.account} AND ${document} = ${of.document} AND l.type IN ('fee', 'usage', 'late') GROUP BY 1, 2`.execute(
    trx,
  );
  return rows.map(({ below, type, amount }) => ({ below, type, amount: BigInt(amount) }));
}

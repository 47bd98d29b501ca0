import type { AccountId, Decimal, Instant, MeterKey, PricedUsage, RowId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';

const LINE_TYPES = ['fee', 'usage', 'late', 'credit', 'tax'] as const;
export type LineType = (typeof LINE_TYPES)[number];

/** An account on a line, as it was called then, and where it stood. */
export type LineAccount = {
  readonly id: AccountId;
  /** Null: nobody knows any more. */
  readonly name: string | null;
  /** What those above it were called, root first. */
  readonly above: readonly (string | null)[];
  /** The ids from the root down to itself. */
  readonly place: readonly AccountId[];
};

/** A line as it is kept. */
export type StoredLine = {
  readonly n: number;
  readonly type: LineType;
  readonly account: LineAccount | null;
  readonly meter: MeterKey | null;
  readonly ofPeriod: Instant | null;
  /** As the meter is counted. */
  readonly quantity: Decimal | null;
  /** Of a fee what it is for. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Of a credit note the line that it takes back. */
  readonly ofLine: number | null;
  /** Minor units. */
  readonly amount: bigint;
};

/** A line to be written, other than usage of the period. The account's place is as it was read: 16 bytes for each id, in hex. */
export type NewLine = {
  readonly type: LineType;
  readonly account?: {
    readonly id: AccountId;
    readonly name: string | null;
    readonly above: readonly (string | null)[];
    readonly place: string;
  };
  readonly meter?: MeterKey;
  readonly ofPeriod?: Instant;
  readonly quantity?: Decimal;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly ofLine?: number;
  readonly amount: bigint;
};

/** The tables that lines are written into: those of invoices, and of statements, which have the same columns. */
export type LinesTable = 'invoice_lines' | 'statement_lines';

/** Which document lines belong to: of whom, and which one. */
export type LinesOf = { readonly table: LinesTable; readonly account: AccountId; readonly document: RowId };

/** How many lines are written by one statement. */
const LINES_AT_ONCE = 5_000;

const documentColumn = ({ table }: LinesOf): RawBuilder<unknown> =>
  sql.ref(table === 'invoice_lines' ? 'invoice_id' : 'statement_id');

/** Writes lines of a document. @param after the number of the line before them; 0: they are the first */
export async function writeLines(
  trx: TenantTransaction,
  of: LinesOf,
  after: number,
  lines: readonly NewLine[],
): Promise<void> {
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const some = lines.slice(from, from + LINES_AT_ONCE).map((line, index) => ({
      n: after + from + index + 1,
      type: line.type,
      for_account: line.account?.id,
      for_name: line.account?.name,
      above: line.account?.above,
      place: line.account?.place,
      meter: line.meter,
      of_period: line.ofPeriod,
      quantity: line.quantity,
      valid_from: line.from,
      valid_to: line.to,
      of_line: line.ofLine,
      amount: line.amount.toString(),
    }));
    await sql`
      INSERT INTO ${sql.table(of.table)} (account_id, ${documentColumn(of)}, n, type, for_account, for_name, above, place, meter, of_period, quantity, valid_from, valid_to, of_line, amount)
      SELECT ${of.account}, ${of.document}, n, type, for_account, for_name, above, decode(place, 'hex'), meter, of_period, quantity, valid_from, valid_to, of_line, amount
      FROM jsonb_to_recordset(${JSON.stringify(some)}::jsonb) l(n int, type text, for_account uuid, for_name text, above text[], place text, meter text,
        of_period timestamptz, quantity numeric, valid_from timestamptz, valid_to timestamptz, of_line int, amount bigint)`.execute(
      trx,
    );
  }
}

/** Whose usage of one meter in one period is billed: all that a payer pays for, or what a customer used while it stood directly below a seller. */
export type UsageBilled = {
  readonly account: AccountId;
  readonly seller: AccountId | null;
  readonly meter: { readonly key: MeterKey; readonly counted: PricedUsage };
  /** Start of the period. */
  readonly period: Instant;
  /** The part of the period that a book held for; null: all of it. */
  readonly part: { readonly from: Instant; readonly to: Instant } | null;
};

/** Reads how much is billed of a meter in a period, as it is counted. */
export async function readQuantityBilled(
  trx: TenantTransaction,
  { account, seller, meter, period, part }: UsageBilled,
): Promise<Decimal> {
  // Of rounded events there are no totals.
  const rounded = sql`rounded_usage(${account}, ${seller}, ${meter.counted}, ${period}::timestamptz, ${part?.from ?? null}::timestamptz, ${part?.to ?? null}::timestamptz)`;
  const whole =
    seller === null
      ? sql`billed_total(${account}, NULL, ${meter.counted}, ${period}::timestamptz) t(quantity)`
      : sql`sold_total(${account}, ${seller}, ${meter.counted}, ${period}::timestamptz) t(quantity)`;
  const used = meter.counted.includes(' ')
    ? rounded
    : part === null
      ? whole
      : sql`used_between(${account}, ${seller}, ${meter.counted}, ${period}::timestamptz, ${part.from}::timestamptz, ${part.to}::timestamptz)`;
  const { rows } = await sql<{ quantity: Decimal }>`
    SELECT trim_scale(coalesce(sum(quantity), 0))::text AS quantity FROM ${used}`.execute(trx);
  return rows[0]!.quantity;
}

/** Reads what customers used of some meters in a period while they stood directly below a seller, as it is counted; nothing of what there was none. */
export async function readSoldTotals(
  trx: TenantTransaction,
  seller: AccountId,
  customers: readonly AccountId[],
  counted: readonly PricedUsage[],
  period: Instant,
): Promise<{ readonly customer: AccountId; readonly counted: PricedUsage; readonly quantity: Decimal }[]> {
  const { rows } = await sql<{ customer: AccountId; counted: PricedUsage; quantity: Decimal }>`
    SELECT customer, counted, trim_scale(quantity)::text AS quantity
    FROM unnest(${customers}::uuid[]) customer, unnest(${counted}::text[]) counted, sold_total(customer, ${seller}, counted, ${period}::timestamptz) quantity
    WHERE quantity <> 0`.execute(trx);
  return rows;
}

/**
 * Writes the lines of a meter and period: what all of it costs, split by quantity (rules/money 4). Nothing comes through this process: there
 * may be a hundred thousand.
 *
 * @param rated `quantity`: what was rated, as it is counted; `amount`: what that costs in minor units
 * @param valid the part of the period that lines are marked with, of a statement; null: none
 * @param after the number of the line before them
 * @returns how many; null: the quantity is another one by now, and nothing is written
 */
export async function writeUsageLines(
  trx: TenantTransaction,
  of: LinesOf,
  used: UsageBilled,
  rated: { readonly quantity: Decimal; readonly amount: bigint },
  valid: UsageBilled['part'],
  after: number,
): Promise<number | null> {
  const { account, seller, meter, period, part } = used;
  const { numAffectedRows = 0n } = await sql`
    INSERT INTO ${sql.table(of.table)} (account_id, ${documentColumn(of)}, n, type, for_account, for_name, above, place, meter, of_period, valid_from, valid_to, quantity, amount)
    SELECT ${of.account}, ${of.document}, ${after} + u.ordinality, 'usage', u.for_account, u.for_name, u.above, u.place, ${meter.key}, ${period}::timestamptz,
      ${valid?.from ?? null}::timestamptz, ${valid?.to ?? null}::timestamptz, u.quantity, u.amount
    FROM split_usage(${account}, ${seller}, ${meter.counted}, ${period}::timestamptz, ${part?.from ?? null}::timestamptz, ${part?.to ?? null}::timestamptz,
      ${rated.quantity}::numeric, ${rated.amount.toString()}::numeric, true) WITH ORDINALITY u`.execute(trx);
  if (numAffectedRows > 0n) return Number(numAffectedRows);
  const now = await readQuantityBilled(trx, used);
  return now === '0' && rated.quantity === '0' ? 0 : null;
}

/** What an account has used in a closed period beyond what is billed of it. */
export type LateUsage = { readonly account: Required<NewLine>['account']; readonly difference: Decimal };

/**
 * Reads what came late of a closed period, by line and in the order of ids; and what is billed of it in all. Quantities as they are counted.
 *
 * @param named when the part begins of which lines of statements say that they are; null: of invoices
 */
export async function readLateUsage(
  trx: TenantTransaction,
  { account, seller, meter, period, part }: UsageBilled,
  named: Instant | null,
): Promise<{ readonly billed: Decimal; readonly late: readonly LateUsage[] }> {
  type Raw = {
    for_account: AccountId | null;
    for_name: string | null;
    above: (string | null)[] | null;
    place: string;
    difference: Decimal;
    billed: Decimal;
  };
  const { rows } = await sql<Raw>`
    SELECT for_account, for_name, above, encode(place, 'hex') AS place, trim_scale(difference)::text AS difference, trim_scale(billed)::text AS billed
    FROM late_usage(${account}, ${seller}, ${meter.counted}, ${meter.key}, ${period}::timestamptz, ${part?.from ?? null}::timestamptz,
      ${part?.to ?? null}::timestamptz, ${named}::timestamptz)`.execute(trx);
  const late = rows.flatMap(({ for_account: id, for_name: name, above, place, difference }) =>
    id === null ? [] : [{ account: { id, name, above: above ?? [], place }, difference }],
  );
  return { billed: rows[0]?.billed ?? ('0' as Decimal), late };
}

type RawLine = {
  n: number;
  type: LineType;
  for_account: AccountId | null;
  for_name: string | null;
  above: (string | null)[] | null;
  place: AccountId[] | null;
  meter: MeterKey | null;
  of_period: Date | null;
  quantity: Decimal | null;
  valid_from: Date | null;
  valid_to: Date | null;
  of_line: number | null;
  amount: string;
};

const lineOf = (row: RawLine): StoredLine => ({
  n: row.n,
  type: row.type,
  account:
    row.for_account === null
      ? null
      : { id: row.for_account, name: row.for_name, above: row.above ?? [], place: row.place ?? [] },
  meter: row.meter,
  ofPeriod: instantOrNull(row.of_period),
  quantity: row.quantity,
  from: instantOrNull(row.valid_from),
  to: instantOrNull(row.valid_to),
  ofLine: row.of_line,
  amount: BigInt(row.amount),
});

const LINE_COLUMNS = sql`n, type, for_account, for_name, above,
  CASE WHEN place IS NOT NULL THEN path_of(encode(substr(place, 1, 16), 'hex')::uuid, substr(place, 17)) END AS place,
  meter, of_period, trim_scale(quantity)::text AS quantity, valid_from, valid_to, of_line, amount::text AS amount`;

/** Reads lines of a document, in their order. @param after the number of the line before them; 0: from the first */
export async function readLines(
  trx: TenantTransaction,
  of: LinesOf,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<StoredLine[]> {
  const { rows } = await sql<RawLine>`
    SELECT ${LINE_COLUMNS} FROM ${sql.table(of.table)} WHERE account_id = ${of.account} AND ${documentColumn(of)} = ${of.document} AND n > ${after} ORDER BY n LIMIT ${limit}`.execute(
    trx,
  );
  return rows.map(lineOf);
}

/** Lines of one kind, meter and account directly below the payer, as one. */
export type SummedLines = Pick<StoredLine, 'type' | 'meter' | 'ofPeriod' | 'quantity' | 'amount'> & {
  /** What that account was called; null: the payer itself. */
  readonly name: string | null;
  readonly lines: number;
};

/** Sums up the lines of a document for each account directly below whoever pays; what is of no account stands first. */
export async function sumLines(trx: TenantTransaction, of: LinesOf, payer: AccountId): Promise<SummedLines[]> {
  type Raw = {
    type: LineType;
    meter: MeterKey | null;
    of_period: Date | null;
    quantity: Decimal | null;
    amount: string;
    name: string | null;
    lines: number;
  };
  const { rows } = await sql<Raw>`
    SELECT type, meter, of_period, trim_scale(sum(quantity))::text AS quantity, sum(amount)::text AS amount, count(*)::int AS lines,
      max(CASE WHEN octet_length(place) = (level_in(place, ${payer}) + 1) * 16 THEN for_name ELSE above[level_in(place, ${payer}) + 1] END) AS name
    FROM ${sql.table(of.table)} WHERE account_id = ${of.account} AND ${documentColumn(of)} = ${of.document}
    GROUP BY type, meter, of_period, below_in(place, ${payer}) ORDER BY min(n)`.execute(trx);
  return rows.map(({ of_period, amount, ...row }) => ({
    ...row,
    ofPeriod: instantOrNull(of_period),
    amount: BigInt(amount),
  }));
}

/** Lines of usage as they would be written, and how many there are in all. */
export async function readLinesToCome(
  trx: TenantTransaction,
  { account, seller, meter, period, part }: UsageBilled,
  rated: { readonly quantity: Decimal; readonly amount: bigint },
  { skip, limit }: { readonly skip: number; readonly limit: number },
): Promise<{ readonly lines: readonly Pick<StoredLine, 'account' | 'quantity' | 'amount'>[]; readonly all: number }> {
  type Raw = {
    for_account: AccountId;
    for_name: string | null;
    above: (string | null)[] | null;
    place: AccountId[];
    quantity: Decimal;
    amount: string;
  };
  const { rows } = await sql<{ all: number; lines: Raw[] }>`
    WITH u AS MATERIALIZED (
      SELECT * FROM split_usage(${account}, ${seller}, ${meter.counted}, ${period}::timestamptz, ${part?.from ?? null}::timestamptz, ${part?.to ?? null}::timestamptz,
        ${rated.quantity}::numeric, ${rated.amount.toString()}::numeric, true) WITH ORDINALITY
    )
    SELECT (SELECT count(*)::int FROM u) AS all, (SELECT coalesce(jsonb_agg(jsonb_build_object('for_account', x.for_account, 'for_name', x.for_name, 'above', x.above,
        'place', path_of(encode(substr(x.place, 1, 16), 'hex')::uuid, substr(x.place, 17)), 'quantity', trim_scale(x.quantity)::text, 'amount', x.amount::text) ORDER BY x.ordinality), '[]')
      FROM (SELECT * FROM u ORDER BY u.ordinality OFFSET ${skip} LIMIT ${limit}) x) AS lines`.execute(trx);
  const { all, lines } = rows[0]!;
  return {
    all,
    lines: lines.map(({ for_account: id, for_name: name, above, place, quantity, amount }) => ({
      account: { id, name, above: above ?? [], place },
      quantity,
      amount: BigInt(amount),
    })),
  };
}

/** A line of late usage whose events are asked for. */
export type LateLineOf = {
  /** Who pays it. */
  readonly payer: AccountId;
  readonly account: LineAccount;
  readonly counted: PricedUsage;
  /** Start of the period. */
  readonly period: Instant;
  /** The part of the period that a book held for; null: all of it. */
  readonly part: { readonly from: Instant; readonly to: Instant } | null;
  /** When that period was billed last before, and when this line was made. */
  readonly after: Instant;
  readonly until: Instant;
};

/** An event behind a line of late usage. */
export type LateEvent = {
  readonly key: string;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly kind: 'usage' | 'adjustment';
  readonly reason: string | null;
  readonly agent: string | null;
  /** As the meter is counted, rounded up where each event is. */
  readonly quantity: Decimal;
};

/** Reads the events behind a line of late usage, as they were recorded; how many there are, and what they come to. */
export async function readLateEvents(
  trx: TenantTransaction,
  { payer, account: { id, place }, counted, period, part, after, until }: LateLineOf,
  { skip, limit }: { readonly skip: number; readonly limit: number },
): Promise<{ readonly events: number; readonly sum: Decimal; readonly rows: readonly LateEvent[] }> {
  type Raw = Pick<LateEvent, 'key' | 'kind' | 'reason' | 'agent' | 'quantity'> & { occurred: string; recorded: string };
  const { rows } = await sql<{ events: number; sum: Decimal; rows: Raw[] }>`
    WITH e AS MATERIALIZED (
      SELECT * FROM late_events(${payer}, ${id}, ${place.at(-2) ?? null}, ${place[place.indexOf(payer) + 1] ?? null}, ${counted}, ${period}::timestamptz,
        ${part?.from ?? null}::timestamptz, ${part?.to ?? null}::timestamptz, ${after}::timestamptz, ${until}::timestamptz)
    )
    SELECT (SELECT count(*)::int FROM e) AS events, (SELECT trim_scale(coalesce(sum(quantity), 0))::text FROM e) AS sum,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('key', x.key, 'occurred', x.occurred_at, 'recorded', x.recorded_at, 'kind', x.kind, 'reason', x.reason,
          'agent', x.agent, 'quantity', trim_scale(x.quantity)::text) ORDER BY x.recorded_at, x.key), '[]')
        FROM (SELECT * FROM e ORDER BY e.recorded_at, e.key OFFSET ${skip} LIMIT ${limit}) x) AS rows`.execute(trx);
  const { events, sum, rows: some } = rows[0]!;
  const at = (text: string) => new Date(text).toISOString() as Instant;
  return {
    events,
    sum,
    rows: some.map(({ occurred, recorded, ...row }) => ({
      ...row,
      occurredAt: at(occurred),
      recordedAt: at(recorded),
    })),
  };
}

/** When a period of the acting account was looked at last before an invoice was made; null: never. */
export async function readBilledBefore(
  trx: TenantTransaction,
  account: AccountId,
  { invoice, period }: { readonly invoice: RowId; readonly period: Instant },
): Promise<Instant | null> {
  const { rows } = await sql<{ at: Date | null }>`
    SELECT max(drafted_at) AS at FROM invoices WHERE account_id = ${account} AND kind <> 'credit' AND id < ${invoice} AND period >= ${period}::timestamptz`.execute(
    trx,
  );
  return instantOrNull(rows[0]!.at);
}

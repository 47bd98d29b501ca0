import type { AccountId, Decimal, Instant, LocalDate, MeterKey, OwnAndTotal } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import { inUnit, storedAs } from './in-unit.ts';

/** An account's usage of one meter in one billing period. */
export type UsageTotals = { readonly quantity: OwnAndTotal<Decimal>; readonly events: OwnAndTotal<number> };

/** Reads the maintained totals with what is still to be counted into them; zero when nothing was recorded. */
export async function readTotals(
  trx: TenantTransaction,
  account: AccountId,
  meter: MeterKey,
  period: Instant,
): Promise<UsageTotals> {
  const stored = storedAs(meter);
  const { rows } = await sql<{ own: Decimal; total: Decimal; own_events: string; total_events: string }>`
    SELECT ${inUnit(sql`coalesce(sum(own), 0)`, meter)}::text AS own, ${inUnit(sql`coalesce(sum(total), 0)`, meter)}::text AS total,
      coalesce(sum(own_events), 0) AS own_events, coalesce(sum(total_events), 0) AS total_events
    FROM (
      SELECT own, total, own_events, total_events FROM usage_totals
        WHERE account_id = ${account} AND meter = ${stored} AND period = ${period}::timestamptz
      UNION ALL SELECT (u ->> 0)::numeric, (u ->> 1)::numeric, (u ->> 2)::bigint, (u ->> 3)::bigint
        FROM (SELECT uncounted_totals(${stored}, ${period}::timestamptz, ${account}, 0, 0) -> ${account}::text AS u OFFSET 0) u
    ) t`.execute(trx);
  const { own, total, own_events, total_events } = rows[0]!;
  return { quantity: { own, total }, events: { own: Number(own_events), total: Number(total_events) } };
}

/** A day of some time zone, `2026-11-23`, or an instant. */
export type RangeEnd = Instant | LocalDate;

export type SeriesQuery = {
  readonly account: AccountId;
  readonly meter: MeterKey;
  /** Inclusive. Whole minutes. */
  readonly from: Instant;
  /** Exclusive, after `from`. Whole minutes. */
  readonly to: Instant;
  readonly bucket: 'hour' | 'day' | 'month';
  /** Whose hours, days and months the buckets are: one of `readTimeZones`. */
  readonly timeZone: string;
  readonly scope: 'own' | 'total';
  readonly by: 'none' | 'account' | 'agent';
};

/**
 * Quantity of one bucket and, when asked for by account or agent, of one account id or agent name. Null: of no agent, or of accounts that
 * were below at the time and are no more (moved or erased), so that a breakdown always adds up to the undivided series.
 */
export type SeriesPoint = {
  /** When the hour, day or month of the time zone begins, also where the range begins inside of it. */
  readonly start: Instant;
  readonly key: string | null;
  readonly quantity: Decimal;
};

type RawPoint = { start: Date; key: string | null; quantity: Decimal };

/**
 * Reads usage over time, buckets without any left out: from the roll-ups and from what is uncounted, by agent and at ends of the range that
 * are no quarters of an hour from the events.
 */
export async function readSeries(trx: TenantTransaction, query: SeriesQuery): Promise<SeriesPoint[]> {
  const { account, meter, from, to, bucket, timeZone, scope, by } = query;
  const range = sql`${from}::timestamptz, ${to}::timestamptz`;
  const { rows } = await sql<RawPoint>`
    SELECT start, key, ${inUnit(sql`quantity`, meter)}::text AS quantity
    FROM usage_series(${account}, ${storedAs(meter)}, ${range}, zone_cuts(${bucket}, ${timeZone}, ${range}), ${scope}, ${by})
    ORDER BY start, key`.execute(trx);
  return rows.map((row) => ({ start: row.start.toISOString() as Instant, key: row.key, quantity: row.quantity }));
}

/** The instants of two ends of a range: a day is its first instant in the time zone (one of `readTimeZones`). */
export async function readInstants(db: Database, timeZone: string, ends: readonly RangeEnd[]): Promise<Instant[]> {
  const { rows } = await sql<{ at: Date }>`
    SELECT CASE WHEN length(e) = 10 THEN public.day_start(e::date, ${timeZone}) ELSE e::timestamptz END AS at
    FROM unnest(${[...ends]}::text[]) WITH ORDINALITY u(e, i) ORDER BY i`.execute(db.app);
  return rows.map(({ at }) => at.toISOString() as Instant);
}

/** The names of all time zones that the database knows (IANA), in their one spelling. */
export async function readTimeZones(db: Database): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM pg_timezone_names WHERE name = 'UTC' OR (name LIKE '%/%' AND name !~ '^(posix|right)/')`.execute(
    db.app,
  );
  return new Set(rows.map(({ name }) => name));
}

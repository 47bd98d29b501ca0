import type { AccountId, Decimal, Instant, MeterKey, OwnAndTotal } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
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

export type SeriesQuery = {
  readonly account: AccountId;
  readonly meter: MeterKey;
  /** Inclusive. Whole hours. */
  readonly from: Instant;
  /** Exclusive. Whole hours. */
  readonly to: Instant;
  readonly bucket: 'hour' | 'day';
  readonly scope: 'own' | 'total';
  readonly by: 'none' | 'account' | 'agent';
};

/**
 * Quantity of one bucket (UTC) and, when asked for by account or agent, of one account id or agent name. Null: of no agent, or of accounts
 * that were below at the time and are no more (moved or erased), so that a breakdown always adds up to the undivided series.
 */
export type SeriesPoint = { readonly start: Instant; readonly key: string | null; readonly quantity: Decimal };

type RawPoint = { start: Date; key: string | null; quantity: Decimal };

/** Reads usage over time, from the events themselves. */
export async function readSeries(trx: TenantTransaction, query: SeriesQuery): Promise<SeriesPoint[]> {
  const { rows } = await pointsOf(query).execute(trx);
  return rows.map((row) => ({ start: row.start.toISOString() as Instant, key: row.key, quantity: row.quantity }));
}

function pointsOf(query: SeriesQuery): RawBuilder<RawPoint> {
  const quantity = inUnit(sql`quantity`, query.meter);
  if (query.scope === 'own') {
    return sql`SELECT start, key, ${quantity}::text AS quantity FROM (${divided(query)}) p ORDER BY start, key`;
  }
  if (query.by === 'none') {
    return sql`SELECT start, NULL AS key, ${quantity}::text AS quantity FROM ${undivided(query)} u ORDER BY start`;
  }
  return sql`
    WITH parts AS (${divided(query)}), rest AS (
      SELECT u.start, NULL AS key, u.quantity - coalesce(sum(p.quantity), 0) AS quantity
      FROM ${undivided(query)} u LEFT JOIN parts p ON p.start = u.start GROUP BY u.start, u.quantity
    )
    SELECT start, key, ${inUnit(sql`sum(quantity)`, query.meter)}::text AS quantity
    FROM (SELECT * FROM parts UNION ALL SELECT * FROM rest WHERE quantity <> 0) s GROUP BY start, key ORDER BY start, key`;
}

/** What was at or below the account at the time, accounts that left since included. */
const undivided = ({ account, meter, from, to, bucket }: SeriesQuery) =>
  sql`usage_series(${account}, ${storedAs(meter)}, ${from}::timestamptz, ${to}::timestamptz, ${bucket})`;

const KEYS = { none: sql`NULL::text`, account: sql`e.account_id::text`, agent: sql`e.attributes ->> 'agent'` };

/** What is at or below the account now, by key. */
const divided = (query: SeriesQuery) => {
  const accounts = query.scope === 'own' ? sql`a.id = ${query.account}` : sql`a.path @> ARRAY[${query.account}::uuid]`;
  // What happened before an account was moved belongs to where it stood then.
  return sql`
    WITH stays AS MATERIALIZED (SELECT * FROM past_stays_below(${query.account}))
    SELECT date_trunc(${query.bucket}, e.occurred_at, 'UTC') AS start, ${KEYS[query.by]} AS key, sum(e.quantity) AS quantity
    FROM accounts a JOIN usage_events e ON e.account_id = a.id
    WHERE ${accounts} AND e.meter = ${storedAs(query.meter)} AND e.occurred_at >= ${query.from}::timestamptz AND e.occurred_at < ${query.to}::timestamptz
      AND (e.occurred_at >= a.placed_at OR a.id = ${query.account} OR EXISTS (
        SELECT 1 FROM stays s WHERE s.account_id = a.id AND e.occurred_at >= s.since AND e.occurred_at < s.until))
    GROUP BY 1, 2`;
};

import { readSeries, readTotals, type SeriesPoint, type SeriesQuery } from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  type CsvColumn,
  type Decimal,
  forecast,
  formatDecimal,
  type Instant,
  instantOf,
  type MeterKey,
  msOf,
  type OwnAndTotal,
  parseBillingPeriod,
  parseDecimal,
  writeCsv,
} from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

export type UsageOfPeriod = {
  readonly period: BillingPeriod;
  readonly own: Decimal;
  readonly total: Decimal;
  readonly events: OwnAndTotal<number>;
  /** What the period will end with at the present pace. */
  readonly forecast: OwnAndTotal<Decimal>;
};

/** An account's usage of a billing period, the present one unless `period` (YYYY-MM) says another (product.md 5.4). @throws Refused */
export async function usageOfPeriod(
  hall: Hall,
  account: AccountId,
  meter: MeterKey,
  key: string | undefined,
): Promise<UsageOfPeriod> {
  // One instant for the whole answer: what is used and what is to come belong to the same period, and both forecasts to the same pace.
  const nowMs = hall.clock.nowMs();
  const period =
    key === undefined
      ? billingPeriodOf(instantOf(nowMs))
      : (parseBillingPeriod(key) ?? refuseWith('BAD_REQUEST', 'A period is a year and a month: 2026-11.', 'period'));
  const { quantity, events } = await hall.db.withTenant(
    account,
    (trx) => readTotals(trx, account, meter, period.start),
    { snapshot: true },
  );
  const ahead = (used: Decimal): Decimal => formatDecimal(forecast(parseDecimal(used) ?? 0n, period, nowMs));
  return { period, ...quantity, events, forecast: { own: ahead(quantity.own), total: ahead(quantity.total) } };
}

const HOUR_MS = 3_600_000;
const MOST_BUCKETS = { hour: 24 * 62, day: 800 } as const;

/**
 * Usage over time, in UTC hours or days (product.md 5.4).
 *
 * @throws Refused BAD_REQUEST for ranges that are empty or too long, or that begin or end inside an hour
 */
export async function usageSeries(hall: Hall, query: SeriesQuery): Promise<SeriesPoint[]> {
  const [from, to] = [wholeHour(query.from, 'from'), wholeHour(query.to, 'to')];
  if (to <= from) refuseWith('BAD_REQUEST', 'The range ends before it starts.', 'to');
  const buckets = (to - from) / (query.bucket === 'hour' ? HOUR_MS : 24 * HOUR_MS);
  if (buckets > MOST_BUCKETS[query.bucket]) {
    refuseWith('BAD_REQUEST', `A series has at most ${MOST_BUCKETS[query.bucket]} ${query.bucket}s.`, 'to');
  }
  return hall.db.withTenant(query.account, (trx) => readSeries(trx, query), { snapshot: true });
}

/** An end of a range in milliseconds: cut to the hour in silence, a range would have usage in it that nobody asked for. */
function wholeHour(instant: Instant, field: 'from' | 'to'): number {
  const ms = msOf(instant);
  if (ms % HOUR_MS === 0) return ms;
  const [before, after] = [instantOf(Math.floor(ms / HOUR_MS) * HOUR_MS), instantOf(Math.ceil(ms / HOUR_MS) * HOUR_MS)];
  return refuseWith(
    'BAD_REQUEST',
    `A range begins and ends on a whole hour of UTC, for example ${before} or ${after}.`,
    field,
  );
}

const SERIES_COLUMNS: readonly CsvColumn<SeriesPoint>[] = [
  { name: 'start', kind: 'instant', of: ({ start }) => start },
  { name: 'key', kind: 'text', of: ({ key }) => key },
  { name: 'quantity', kind: 'number', of: ({ quantity }) => quantity },
];

/** The same series as a CSV file. @throws Refused like the series */
export async function exportSeries(hall: Hall, query: SeriesQuery): Promise<{ filename: string; csv: string }> {
  const points = await usageSeries(hall, query);
  const day = (instant: Instant): string => instant.slice(0, 10);
  return {
    filename: `usage-${query.meter}-${day(query.from)}-${day(query.to)}.csv`,
    csv: writeCsv(SERIES_COLUMNS, points),
  };
}

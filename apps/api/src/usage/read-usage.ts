import { readSeries, readTotals, type SeriesPoint, type SeriesQuery } from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  type Decimal,
  forecast,
  formatDecimal,
  type Instant,
  type MeterKey,
  msOf,
  type OwnAndTotal,
  parseBillingPeriod,
  parseDecimal,
} from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
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
  const period =
    key === undefined
      ? billingPeriodOf(nowOf(hall))
      : (parseBillingPeriod(key) ?? refuseWith('BAD_REQUEST', 'A period is a year and a month: 2026-11.', 'period'));
  const { quantity, events } = await hall.db.withTenant(account, (trx) =>
    readTotals(trx, account, meter, period.start),
  );
  const ahead = (used: Decimal): Decimal =>
    formatDecimal(forecast(parseDecimal(used) ?? 0n, period, hall.clock.nowMs()));
  return { period, ...quantity, events, forecast: { own: ahead(quantity.own), total: ahead(quantity.total) } };
}

const HOUR_MS = 3_600_000;
const MOST_BUCKETS = { hour: 24 * 62, day: 800 } as const;

/** Usage over time, in UTC hours or days (product.md 5.4). @throws Refused BAD_REQUEST for ranges that are empty or too long */
export async function usageSeries(hall: Hall, query: SeriesQuery): Promise<SeriesPoint[]> {
  const from = Math.floor(msOf(query.from) / HOUR_MS) * HOUR_MS;
  const to = Math.ceil(msOf(query.to) / HOUR_MS) * HOUR_MS;
  if (to <= from) refuseWith('BAD_REQUEST', 'The range ends before it starts.', 'to');
  const buckets = (to - from) / (query.bucket === 'hour' ? HOUR_MS : 24 * HOUR_MS);
  if (buckets > MOST_BUCKETS[query.bucket]) {
    refuseWith('BAD_REQUEST', `A series has at most ${MOST_BUCKETS[query.bucket]} ${query.bucket}s.`, 'to');
  }
  const instant = (ms: number): Instant => new Date(ms).toISOString() as Instant;
  return hall.db.withTenant(query.account, (trx) =>
    readSeries(trx, { ...query, from: instant(from), to: instant(to) }),
  );
}

/** The same series as a CSV file (RFC 4180). Cells that a spreadsheet would run as a formula are escaped (reliability.md 4). */
export async function exportSeries(hall: Hall, query: SeriesQuery): Promise<{ filename: string; csv: string }> {
  const points = await usageSeries(hall, query);
  const rows = [['start', 'key', 'quantity'], ...points.map((point) => [point.start, point.key ?? '', point.quantity])];
  const day = (instant: Instant): string => instant.slice(0, 10);
  return {
    filename: `usage-${query.meter}-${day(query.from)}-${day(query.to)}.csv`,
    csv: rows.map((cells) => `${cells.map(toCell).join(',')}\r\n`).join(''),
  };
}

const toCell = (text: string): string => {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

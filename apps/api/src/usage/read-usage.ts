import type { UsageOfPeriod } from '@tenantree/contract';
import { type RangeEnd, readTotals, type SeriesPoint, type SeriesQuery } from '@tenantree/db';
import {
  type AccountId,
  billingPeriodOf,
  type CsvColumn,
  DAY_MS,
  type Decimal,
  forecast,
  formatDecimal,
  type Instant,
  instantOf,
  type MeterKey,
  msOf,
  parseBillingPeriod,
  parseDecimal,
  quoted,
  writeCsv,
} from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

/** An account's usage of a billing period, the present one unless `period` (YYYY-MM) says another (rules/usage 13). @throws Refused */
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

/** A question for a series, as it is asked: its ends may be days of the time zone. */
export type AskedSeries = Omit<SeriesQuery, 'from' | 'to'> & { readonly from: RangeEnd; readonly to: RangeEnd };

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
/** Most buckets of a series, and how long one is at the most. */
const MOST_BUCKETS = {
  hour: { count: 24 * 62, ms: 60 * MINUTE_MS },
  day: { count: 800, ms: DAY_MS },
  month: { count: 120, ms: 31 * DAY_MS },
} as const;

/**
 * Usage over time, in hours, days or months of a time zone (rules/usage 13).
 *
 * @throws Refused BAD_REQUEST for a zone that isn't known, for ranges that are empty or too long, that begin or end inside a minute, or
 * inside a quarter of an hour of which the events are no longer kept
 */
export async function usageSeries(hall: Hall, asked: AskedSeries): Promise<SeriesPoint[]> {
  const { timeZone, bucket } = asked;
  if (!(await hall.usage.timeZones()).has(timeZone)) {
    const message = `There is no time zone ${quoted(timeZone)}. Give its name as in the IANA database, for example Europe/Berlin, or UTC.`;
    refuseWith('BAD_REQUEST', message, 'timeZone');
  }
  const [from, to] = (await hall.usage.instantsOf(timeZone, [asked.from, asked.to])) as [Instant, Instant];
  checkEnd(hall, from, 'from');
  checkEnd(hall, to, 'to');
  if (to <= from) refuseWith('BAD_REQUEST', 'The range ends before it starts.', 'to');
  const most = MOST_BUCKETS[bucket];
  if (Math.floor((msOf(to) - msOf(from)) / most.ms) > most.count) {
    refuseWith('BAD_REQUEST', `A series has at most ${most.count} ${bucket}s.`, 'to');
  }
  return hall.usage.series({ ...asked, from, to });
}

/** Whether usage can be cut at an end of a range: cut elsewhere in silence, there would be usage in it that nobody asked for. */
function checkEnd({ clock, settings }: Hall, end: Instant, field: 'from' | 'to'): void {
  const ms = msOf(end);
  if (ms % MINUTE_MS !== 0) {
    const message = `A range begins and ends on a whole minute, for example ${around(ms, MINUTE_MS)}.`;
    refuseWith('BAD_REQUEST', message, field);
  }
  const days = settings.usageRetentionDays;
  if (days !== null && ms % QUARTER_MS !== 0 && ms < clock.nowMs() - days * DAY_MS) {
    const message = `Events of this time are no longer kept one by one: begin and end on a quarter of an hour, for example ${around(ms, QUARTER_MS)}.`;
    refuseWith('BAD_REQUEST', message, field);
  }
}

const around = (ms: number, step: number): string =>
  `${instantOf(Math.floor(ms / step) * step)} or ${instantOf(Math.ceil(ms / step) * step)}`;

const SERIES_COLUMNS: readonly CsvColumn<SeriesPoint>[] = [
  { name: 'start', kind: 'instant', of: ({ start }) => start },
  { name: 'key', kind: 'text', of: ({ key }) => key },
  { name: 'quantity', kind: 'number', of: ({ quantity }) => quantity },
];

/** The same series as a CSV file. @throws Refused like the series */
export async function exportSeries(hall: Hall, query: AskedSeries): Promise<{ filename: string; csv: string }> {
  const points = await usageSeries(hall, query);
  const day = (end: RangeEnd): string => end.slice(0, 10);
  return {
    filename: `usage-${query.meter}-${day(query.from)}-${day(query.to)}.csv`,
    csv: writeCsv(SERIES_COLUMNS, points),
  };
}

import { DAY_MS, type Decimal, formatDecimal, parseDecimal } from '@tenantree/domain';
import { type Bars, type DayPoint, type DaySeries, daysOf } from '@tenantree/widget/money';
import { texts } from '../texts.ts';
import { quantity } from './words.ts';

/** A point of a series as the server tells it. */
export type Point = DayPoint & { readonly key: string | null };

const plus = (a: Decimal, b: Decimal): Decimal => formatDecimal((parseDecimal(a) ?? 0n) + (parseDecimal(b) ?? 0n));
export const ZERO = '0' as Decimal;
export const sumOf = (points: readonly Point[]): Decimal =>
  points.reduce<Decimal>((sum, one) => plus(sum, one.quantity), ZERO);

/** One decimal less another. */
export const minus = (a: Decimal, b: Decimal): Decimal =>
  formatDecimal((parseDecimal(a) ?? 0n) - (parseDecimal(b) ?? 0n));

/** So long before a day the one is that it is compared with: four weeks, so that it is the same day of the week. */
export const COMPARED_MS = 28 * DAY_MS;

/**
 * Every day of a range (UTC) as a bar, in which the series stand on each other.
 *
 * @param range.now UTC milliseconds since 1970: later days are to come
 * @param earlier what all of them came to four weeks earlier; null: they are compared with nothing
 */
export const dailyChart = (
  title: string,
  series: readonly DaySeries[],
  range: { readonly from: number; readonly to: number; readonly now: number },
  earlier: readonly Point[] | null,
): Bars =>
  daysOf(
    series,
    range,
    {
      title,
      words: { at: 'Day', sum: 'Sum', table: 'Show as table', chart: 'Show as chart' },
      locale: texts.locale,
      quantity,
    },
    earlier && { name: 'Four weeks earlier', ms: COMPARED_MS, points: earlier },
  );

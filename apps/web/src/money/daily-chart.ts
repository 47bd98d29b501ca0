import { DAY_MS, type Decimal, formatDecimal, parseDecimal } from '@tenantree/domain';
import type { Bars } from '@tenantree/widget/money';
import { texts } from '../texts.ts';
import { quantity } from './words.ts';

/** A point of a series as the server tells it. */
export type Point = { readonly start: string; readonly key: string | null; readonly quantity: Decimal };

/** What is stacked: the name of a series, and which points belong to it. */
export type Series = { readonly name: string; readonly points: readonly Point[] };

const plus = (a: Decimal, b: Decimal): Decimal => formatDecimal((parseDecimal(a) ?? 0n) + (parseDecimal(b) ?? 0n));
export const ZERO = '0' as Decimal;
export const sumOf = (points: readonly Point[]): Decimal =>
  points.reduce<Decimal>((sum, one) => plus(sum, one.quantity), ZERO);

/** One decimal less another. */
export const minus = (a: Decimal, b: Decimal): Decimal =>
  formatDecimal((parseDecimal(a) ?? 0n) - (parseDecimal(b) ?? 0n));

const dayWords = new Intl.DateTimeFormat(texts.locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
const round = new Intl.NumberFormat(texts.locale, { notation: 'compact', maximumFractionDigits: 1 });

/** So long before a day the one is that it is compared with: four weeks, so that it is the same day of the week. */
export const COMPARED_MS = 28 * DAY_MS;

/** Points by their days (UTC milliseconds since 1970). */
function byDays(points: readonly Point[]): ReadonlyMap<number, Decimal> {
  const found = new Map<number, Decimal>();
  for (const { start, quantity: more } of points) {
    const day = Math.floor(Date.parse(start) / DAY_MS) * DAY_MS;
    found.set(day, plus(found.get(day) ?? ZERO, more));
  }
  return found;
}

/**
 * Every day of a range (UTC) as a bar, in which the series stand on each other.
 *
 * @param range.now UTC milliseconds since 1970: later days are to come
 * @param earlier what all of them came to four weeks earlier; null: they are compared with nothing
 */
export function dailyChart(
  title: string,
  series: readonly Series[],
  range: { readonly from: number; readonly to: number; readonly now: number },
  earlier: readonly Point[] | null,
): Bars {
  const days: number[] = [];
  for (let day = range.from; day < range.to; day += DAY_MS) days.push(day);
  const byDay = series.map(({ points }) => byDays(points));
  const before = earlier && byDays(earlier);
  const past = days.filter((day) => day <= range.now);
  return {
    title,
    series: series.map(({ name }) => name),
    ahead: days.length - past.length,
    scale: (value) => round.format(value),
    words: { at: 'Day', sum: 'Sum', table: 'Show as table', chart: 'Show as chart' },
    ...(before && { before: 'Four weeks earlier' }),
    bars: past.map((day) => {
      const then = before?.get(day - COMPARED_MS) ?? ZERO;
      const parts = byDay.map((one) => one.get(day) ?? ZERO);
      return {
        key: String(day),
        label: dayWords.format(day),
        values: parts.map(Number),
        words: parts.map(quantity),
        sum: quantity(parts.reduce(plus, ZERO)),
        ...(before && { before: { value: Number(then), words: quantity(then) } }),
      };
    }),
  };
}

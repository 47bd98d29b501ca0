import { DAY_MS, type Decimal, formatDecimal, parseDecimal } from '@tenantree/domain';
import type { Bars } from '@tenantree/widget/money';
import { texts } from '../texts.ts';
import { quantity } from './parts.tsx';

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

/** Every day of a range (UTC) as a bar, in which the series stand on each other. @param now UTC milliseconds since 1970: later days are to come */
export function dailyChart(
  title: string,
  series: readonly Series[],
  range: { readonly from: number; readonly to: number; readonly now: number },
): Bars {
  const days: number[] = [];
  for (let day = range.from; day < range.to; day += DAY_MS) days.push(day);
  const byDay = series.map(({ points }) => {
    const found = new Map<number, Decimal>();
    for (const { start, quantity: more } of points) {
      const day = Math.floor(Date.parse(start) / DAY_MS) * DAY_MS;
      found.set(day, plus(found.get(day) ?? ZERO, more));
    }
    return found;
  });
  const past = days.filter((day) => day <= range.now);
  return {
    title,
    series: series.map(({ name }) => name),
    ahead: days.length - past.length,
    scale: (value) => round.format(value),
    words: { at: 'Day', sum: 'Sum', table: 'Show as table', chart: 'Show as chart' },
    bars: past.map((day) => {
      const parts = byDay.map((one) => one.get(day) ?? ZERO);
      return {
        key: String(day),
        label: dayWords.format(day),
        values: parts.map(Number),
        words: parts.map(quantity),
        sum: quantity(parts.reduce(plus, ZERO)),
      };
    }),
  };
}

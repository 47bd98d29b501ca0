import { DAY_MS, type Decimal, formatDecimal, parseDecimal } from '@tenantree/domain';
import type { Bars } from './sam-bars.ts';

/** So much in a day (UTC), or in a part of it; several of a day are added up. */
export type DayPoint = { readonly start: string; readonly quantity: Decimal };

/** What is stacked: the name of a series, and which points belong to it. */
export type DaySeries = { readonly name: string; readonly points: readonly DayPoint[] };

/** Days (UTC milliseconds since 1970), and what time it is: later days are to come. */
export type DayRange = { readonly from: number; readonly to: number; readonly now: number };

/** How a chart speaks. */
export type DayWords = Pick<Bars, 'title' | 'words'> & {
  readonly locale: string;
  readonly quantity: (decimal: Decimal) => string;
};

/** What days are compared with: all that was used in those so long before (ms). */
export type DaysBefore = { readonly name: string; readonly ms: number; readonly points: readonly DayPoint[] };

const NONE = '0' as Decimal;

const plus = (a: Decimal, b: Decimal): Decimal => formatDecimal((parseDecimal(a) ?? 0n) + (parseDecimal(b) ?? 0n));

/** Points by their days (UTC milliseconds since 1970). */
function byDays(points: readonly DayPoint[]): ReadonlyMap<number, Decimal> {
  const found = new Map<number, Decimal>();
  for (const { start, quantity: more } of points) {
    const day = Math.floor(Date.parse(start) / DAY_MS) * DAY_MS;
    found.set(day, plus(found.get(day) ?? NONE, more));
  }
  return found;
}

/** Every day of a range as a bar, in which the series stand on each other. @param before null: they are compared with nothing */
export function daysOf(
  series: readonly DaySeries[],
  { from, to, now }: DayRange,
  { title, words, locale, quantity }: DayWords,
  before: DaysBefore | null,
): Bars {
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const round = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const days: number[] = [];
  for (let at = from; at < to; at += DAY_MS) days.push(at);
  const byDay = series.map(({ points }) => byDays(points));
  const earlier = before && byDays(before.points);
  const past = days.filter((at) => at <= now);
  return {
    title,
    series: series.map(({ name }) => name),
    ahead: days.length - past.length,
    scale: (value) => round.format(value),
    words,
    ...(before && { before: before.name }),
    bars: past.map((at) => {
      const then = (before && earlier?.get(at - before.ms)) ?? NONE;
      const parts = byDay.map((one) => one.get(at) ?? NONE);
      return {
        key: String(at),
        label: day.format(at),
        values: parts.map(Number),
        words: parts.map(quantity),
        sum: quantity(parts.reduce(plus, NONE)),
        ...(before && { before: { value: Number(then), words: quantity(then) } }),
      };
    }),
  };
}

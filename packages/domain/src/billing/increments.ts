import { formatDecimal, parseDecimal } from '../usage/quantity.ts';

/** How each event is rounded up before it is priced: at least `first`, then in steps of `next`; 10⁻⁹ of what the meter is counted as. */
export type Increments = { readonly first: bigint; readonly next: bigint };

const FORM = /^(\d{1,5})\/(\d{1,5})$/;

/** Reads increments as tariffs write them, `60/60` or `30/6`, whole and above 0; null for anything else. */
export function parseIncrements(text: string): Increments | null {
  const [, first, next] = FORM.exec(text) ?? [];
  const [a, b] = [parseDecimal(first ?? ''), parseDecimal(next ?? '')];
  return a === null || b === null || a === 0n || b === 0n ? null : { first: a, next: b };
}

/** Increments as tariffs write them. */
export const formatIncrements = ({ first, next }: Increments): string =>
  `${formatDecimal(first)}/${formatDecimal(next)}`;

/**
 * The quantity of one event that is priced (rules/money 6): nothing stays nothing, anything more is at least the first increment. A
 * correction is rounded as what it takes back was.
 *
 * @param counted 10⁻⁹ of what the meter is counted as
 */
export function roundUp({ first, next }: Increments, counted: bigint): bigint {
  if (counted < 0n) return -roundUp({ first, next }, -counted);
  if (counted === 0n) return 0n;
  if (counted <= first) return first;
  return first + ((counted - first + next - 1n) / next) * next;
}

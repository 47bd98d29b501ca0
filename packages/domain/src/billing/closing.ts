import type { Fraction } from '../money/rounding.ts';
import { DAY_MS, type Instant, instantOf, msOf } from '../time.ts';
import { type BillingPeriod, billingPeriodOf } from '../usage/period.ts';

/** How long after the end of a period it is closed, unless the deployment says otherwise: 12 hours. */
export const USUAL_CLOSING_GRACE_MS = DAY_MS / 2;

/** When a period may be closed: its end and the grace that late usage gets (rules/money 8). UTC milliseconds since 1970. */
export const closesAtMs = ({ end }: BillingPeriod, graceMs: number): number => msOf(end) + graceMs;

/** The period after another. */
export const periodAfter = ({ end }: BillingPeriod): BillingPeriod => billingPeriodOf(end);
/** The period before another one. */
export const periodBefore = ({ start }: BillingPeriod): BillingPeriod => billingPeriodOf(instantOf(msOf(start) - 1));

/**
 * How much of a period lies between two instants, exactly and in lowest terms (rules/money 7). What lies outside counts as nothing.
 *
 * @param to null: open
 */
export function fractionOf(period: BillingPeriod, from: Instant, to: Instant | null): Fraction {
  const [start, end] = [msOf(period.start), msOf(period.end)];
  const [begins, ends] = [Math.max(start, msOf(from)), to === null ? end : Math.min(end, msOf(to))];
  const [part, whole] = [Math.max(ends - begins, 0), end - start];
  const shared = greatestCommonDivisor(part, whole);
  return { part: BigInt(part / shared), whole: BigInt(whole / shared) };
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * Whether nothing will be billed of a period any more as its own: it was issued, or its payer had no plan in it and no usage of it can
 * arrive any more (rules/money 9).
 *
 * @param nowMs UTC milliseconds since 1970
 */
export function isSettled(
  period: BillingPeriod,
  payer: { readonly issued: 'issued' | 'open'; readonly plan: 'subscribed' | 'none' },
  { graceMs, usageMaxAgeDays }: { readonly graceMs: number; readonly usageMaxAgeDays: number },
  nowMs: number,
): boolean {
  if (payer.issued === 'issued') return true;
  return payer.plan === 'none' && nowMs >= closesAtMs(period, graceMs) + usageMaxAgeDays * DAY_MS;
}

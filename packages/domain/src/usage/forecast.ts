import { DAY_MS, msOf } from '../time.ts';
import type { BillingPeriod } from './period.ts';

/**
 * Usage to expect at the end of a period if it goes on as on average so far (rules/usage 14): linear, in whole 10⁻⁹ units, rounded to the
 * nearest. The first day counts as a whole from its beginning, since of a few minutes one would expect thousands of times what they used.
 * Before the period and after its end it is what was used.
 *
 * @param used 10⁻⁹ units used in the period so far
 * @param nowMs UTC milliseconds since 1970
 */
export function forecast(used: bigint, period: BillingPeriod, nowMs: number): bigint {
  const [start, end] = [msOf(period.start), msOf(period.end)];
  if (nowMs < start) return used;
  const elapsed = BigInt(Math.max(Math.trunc(Math.min(nowMs, end)) - start, DAY_MS));
  const half = used < 0n ? -elapsed / 2n : elapsed / 2n;
  return (used * BigInt(end - start) + half) / elapsed;
}

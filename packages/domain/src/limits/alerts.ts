import { parseDecimal } from '../usage/quantity.ts';

/** Percent below a threshold at which it is armed again. */
const HYSTERESIS = 5n;

/** Thresholds where nobody says which. */
export const USUAL_THRESHOLDS: readonly number[] = [80, 95, 100];

/** Percent of its own maximum of minutes from which on an account is listed as near its limit. */
export const NEAR_PERCENT = 80;

/**
 * Whether an account used as much of its own maximum as to be near it: what lists are kept to.
 *
 * @param used decimal; not there where nobody may see it, and then nothing is near
 * @param max decimal; null: unlimited
 */
export function isNearLimit(used: string | undefined, max: string | null): boolean {
  const [part, whole] = [parseDecimal(used ?? ''), parseDecimal(max ?? '')];
  return part !== null && whole !== null && 100n * part >= BigInt(NEAR_PERCENT) * whole;
}

/** What a change of use came to: the highest threshold that has told by now (0: none), and those that tell now. */
export type Crossings = { readonly fired: number; readonly told: readonly number[] };

/**
 * Which thresholds of a maximum tell of a change of use (rules/limits 12): each once when it is reached, and again only after use fell more
 * than 5 percent of the maximum below it. Of sorted thresholds those that have told are the first ones, so that the highest says all.
 *
 * @param thresholds percent, sorted
 * @param fired the highest that has told
 * @param low the least that was used since it was judged last
 * @param high what is used now
 */
export function crossingsOf(
  thresholds: readonly number[],
  max: bigint,
  fired: number,
  { low, high }: { readonly low: bigint; readonly high: bigint },
): Crossings {
  const reaches = (used: bigint, percent: bigint): boolean => 100n * used >= percent * max;
  const stillTold = thresholds.filter((mark) => mark <= fired && reaches(low, BigInt(mark) - HYSTERESIS));
  const armedAbove = stillTold.at(-1) ?? 0;
  const told = thresholds.filter((mark) => mark > armedAbove && reaches(high, BigInt(mark)));
  return { fired: told.at(-1) ?? armedAbove, told };
}

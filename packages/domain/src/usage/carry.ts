const NANOS_PER_UNIT = 1_000_000_000n;
const SECONDS_PER_MINUTE = 60n;

/**
 * Minutes of whole seconds in 10⁻⁹ minutes, rounded to the nearest. A minute has 3 as a factor, so most seconds have no exact decimal;
 * none lies exactly between two.
 */
export const minutesOfSeconds = (seconds: bigint): bigint =>
  (seconds * NANOS_PER_UNIT + (seconds < 0n ? -SECONDS_PER_MINUTE : SECONDS_PER_MINUTE) / 2n) / SECONDS_PER_MINUTE;

/**
 * Minutes of one more stretch of seconds after others, in 10⁻⁹ minutes, so that the sum over all stretches is the rounded minutes of all
 * seconds: what rounding one loses, the next carries. Rounding each by itself would drift by up to half a unit per stretch.
 *
 * @param before seconds of all stretches before this one
 * @param seconds of this one
 */
export const carriedMinutes = (before: bigint, seconds: bigint): bigint =>
  minutesOfSeconds(before + seconds) - minutesOfSeconds(before);

/** Minutes of each of a sequence of whole seconds, in 10⁻⁹ minutes; every running sum is the rounded minutes of the seconds so far. */
export function carryMinutes(sequence: readonly number[]): bigint[] {
  let before = 0n;
  return sequence.map((seconds) => {
    const minutes = carriedMinutes(before, BigInt(seconds));
    before += BigInt(seconds);
    return minutes;
  });
}

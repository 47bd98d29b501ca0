import type { Decimal } from './decimal.ts';

/** Digits kept after the point (rules/usage 4). */
export const QUANTITY_SCALE = 9;

const FORM = /^(-?)(\d{1,20})(?:\.(\d{1,9}))?$/;
/** One whole of a quantity, in 10⁻⁹. */
export const UNIT = 10n ** BigInt(QUANTITY_SCALE);

/** Reads a decimal into a whole number of 10⁻⁹ units; null when the text isn't one (NaN, exponents, -0, too many digits). */
export function parseDecimal(text: string): bigint | null {
  const match = FORM.exec(text);
  if (!match) return null;
  const nanos = BigInt(match[2]!) * UNIT + BigInt((match[3] ?? '').padEnd(QUANTITY_SCALE, '0'));
  if (match[1] === '-') return nanos === 0n ? null : -nanos;
  return nanos;
}

/** A quantity without its sign. */
export const magnitudeOf = (nanos: bigint): bigint => (nanos < 0n ? -nanos : nanos);

/** Writes a whole number of 10⁻⁹ units as a decimal text. */
export function formatDecimal(nanos: bigint): Decimal {
  const sign = nanos < 0n ? '-' : '';
  const magnitude = magnitudeOf(nanos);
  const [whole, rest] = [magnitude / UNIT, magnitude % UNIT];
  // As most are.
  if (rest === 0n) return `${sign}${whole}` as Decimal;
  return `${sign}${whole}.${rest.toString().padStart(QUANTITY_SCALE, '0').replace(/0+$/, '')}` as Decimal;
}

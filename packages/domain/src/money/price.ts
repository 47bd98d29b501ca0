import { accept, type Decision, refuse } from '../errors.ts';
import type { Decimal } from '../usage/decimal.ts';
import { formatDecimal, magnitudeOf, parseDecimal, UNIT } from '../usage/quantity.ts';
import type { Currency } from './currencies.ts';
import type { Fraction } from './rounding.ts';

/** Most that one price or fee may be, in major units: more is a slip of whoever types it. */
const MOST_WHOLE = 1_000_000_000n;

/**
 * Reads a price in major units: decimal text, never negative, at most 9 digits after the point (rules/money 1).
 *
 * @returns 10⁻⁹ of the major unit
 */
export function parsePrice(text: string, field: string): Decision<bigint> {
  const price = parseDecimal(text);
  if (price !== null && price >= 0n && price <= MOST_WHOLE * UNIT) return accept(price);
  const message = `A price is a decimal from 0 to ${MOST_WHOLE} with a point and at most 9 digits after it, such as “0.079”.`;
  return refuse('PRICE_INVALID', message, field);
}

/**
 * Reads an amount in major units: decimal text, never negative, with no more digits after the point than its currency has.
 *
 * @returns minor units
 */
export function parseAmount(text: string, { code, exponent }: Currency, field: string): Decision<bigint> {
  const price = parsePrice(text, field);
  if (!price.ok) return price;
  const each = UNIT / 10n ** BigInt(exponent);
  if (price.value % each === 0n) return accept(price.value / each);
  return refuse('PRICE_INVALID', `Amounts of ${code} have at most ${exponent} digits after the point.`, field);
}

/** One percent in the units that percents are read into: 10⁻⁴ of a percent. */
const PERCENT = 10_000n;
/** All of something, in those. */
const HUNDRED = 100n * PERCENT;
const MOST_PERCENT = 100_000n;
/** 10⁻⁹ in one of those: what a percent must have nothing of. */
const FINER = UNIT / PERCENT;

/**
 * Reads a percent: decimal text with at most 4 digits after the point, from -100 to 100 000 (rules/money 1).
 *
 * @returns 10⁻⁴ of a percent
 */
export function parsePercent(text: string, field: string): Decision<bigint> {
  const nanos = parseDecimal(text);
  if (nanos !== null && nanos % FINER === 0n) {
    const percent = nanos / FINER;
    if (percent >= -HUNDRED && percent <= MOST_PERCENT * PERCENT) return accept(percent);
  }
  const message = `A percent is a decimal from -100 to ${MOST_PERCENT} with a point and at most 4 digits after it, such as “12.5”.`;
  return refuse('PRICE_INVALID', message, field);
}

/** A percent as decimal text. @param percent 10⁻⁴ of a percent */
export const formatPercent = (percent: bigint): Decimal => formatDecimal(percent * FINER);

/** A percent of something. @param percent 10⁻⁴ of a percent */
export const percentOf = (percent: bigint): Fraction => ({ part: percent, whole: HUNDRED });

/** What something becomes with a percent on top. @param percent 10⁻⁴ of a percent, from -100 percent */
export const withMarkup = (percent: bigint): Fraction => ({ part: HUNDRED + percent, whole: HUNDRED });

/** A ratio as percent with one digit after the point, halves away from zero: `63.5`, `-3.0`. @param whole above 0 */
export function percentText({ part, whole }: Fraction): string {
  const tenths = (2_000n * magnitudeOf(part) + whole) / (2n * whole);
  return `${part < 0n && tenths > 0n ? '-' : ''}${tenths / 10n}.${tenths % 10n}`;
}

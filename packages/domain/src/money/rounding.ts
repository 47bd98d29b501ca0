import { UNIT } from '../usage/quantity.ts';
import type { Currency } from './currencies.ts';

/** A ratio of whole numbers; `whole` is above 0. */
export type Fraction = { readonly part: bigint; readonly whole: bigint };

/** All of something. */
export const ENTIRE: Fraction = { part: 1n, whole: 1n };

/** An amount before it is rounded: `atto` ÷ `per` times 10⁻¹⁸ of the currency's major unit; `per` is above 0. */
export type ExactAmount = { readonly atto: bigint; readonly per: bigint };

/**
 * Divides and rounds to the nearest whole number, halves away from zero: a credit mirrors its invoice.
 *
 * @param d above 0
 */
export function divRound(n: bigint, d: bigint): bigint {
  const magnitude = n < 0n ? -n : n;
  const rounded = (2n * magnitude + d) / (2n * d);
  return n < 0n ? -rounded : rounded;
}

/** Divides and rounds down, also below zero. @param d above 0 */
export const divFloor = (n: bigint, d: bigint): bigint => (n - (((n % d) + d) % d)) / d;

/** An amount in minor units: the one rounding that it gets (rules/money 3). */
export const minorOf = ({ atto, per }: ExactAmount, { exponent }: Currency): bigint =>
  divRound(atto * 10n ** BigInt(exponent), UNIT * UNIT * per);

/** A part of an amount that is a price, in minor units. @param price 10⁻⁹ of the major unit */
export const minorOfPrice = (price: bigint, currency: Currency, { part, whole }: Fraction = ENTIRE): bigint =>
  minorOf({ atto: price * UNIT * part, per: whole }, currency);

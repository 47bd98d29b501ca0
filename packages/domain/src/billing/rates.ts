import type { Currency } from '../money/currencies.ts';
import { divRound, type ExactAmount, type Fraction, minorOf } from '../money/rounding.ts';
import type { Decimal } from '../usage/decimal.ts';
import { type CountedMeter, countedAs, type MeterKey } from '../usage/meters.ts';
import { formatDecimal, UNIT } from '../usage/quantity.ts';
import { formatIncrements, type Increments } from './increments.ts';

/** A step of a price: it begins above the step before and ends with `upTo`, which belongs to it (null: it has no end). */
export type Tier = {
  /** 10⁻⁹ units of the meter, counted from the first one that is paid for. */
  readonly upTo: bigint | null;
  /** 10⁻⁹ of the major unit of the currency, for one unit of the meter. */
  readonly price: bigint;
  /** Once, when anything falls into this step; 10⁻⁹ of the major unit. */
  readonly fee: bigint;
};

/** How a price follows from a quantity that is paid for (rules/money 5). Prices are 10⁻⁹ of the major unit, sizes 10⁻⁹ units of the meter. */
export type Pricing =
  | { readonly model: 'flat'; readonly price: bigint }
  /** `graduated`: each step at its own price. `volume`: everything at the price of the step that it reaches. */
  | { readonly model: 'graduated' | 'volume'; readonly tiers: readonly Tier[] }
  /** Whole packages of `size` units. */
  | { readonly model: 'package'; readonly size: bigint; readonly price: bigint };

/** What the usage of one meter costs in a period. */
export type Rates = {
  /** The meter in whose units prices, steps and what is included are said. */
  readonly meter: MeterKey;
  /** What each event is rounded up to before it is priced; null: it is priced as it is. */
  readonly increments: Increments | null;
  /** 10⁻⁹ units of the meter that cost nothing. */
  readonly included: bigint;
  readonly pricing: Pricing;
  /** What the price is multiplied by: markups of those who sell it on; all of it, unless there are. */
  readonly factor: Fraction;
};

/** What of the usage of a meter is priced: all that it is counted as, or that with each event rounded up, as in `call.seconds 60/60`. */
export type PricedUsage = CountedMeter | `${CountedMeter} ${string}`;

/** What rates ask of usage. */
export function pricedUsage({ meter, increments }: Pick<Rates, 'meter' | 'increments'>): PricedUsage {
  const { as } = countedAs(meter);
  return increments ? `${as} ${formatIncrements(increments)}` : as;
}

const NOTHING: ExactAmount = { atto: 0n, per: 1n };

/**
 * What a quantity costs, exactly (rules/money 5). What is included, or less, costs nothing.
 *
 * @param counted 10⁻⁹ of what the meter is counted as
 */
export function chargeOf({ meter, included, pricing, factor }: Rates, counted: bigint): ExactAmount {
  const { each } = countedAs(meter);
  const paid = counted - included * each;
  if (paid <= 0n) return NOTHING;
  return { atto: attoTimesEach(pricing, paid, each) * factor.part, per: each * factor.whole };
}

/** What a quantity costs in minor units: rounded once (rules/money 3). @param counted 10⁻⁹ of what the meter is counted as */
export const rate = (rates: Rates, currency: Currency, counted: bigint): bigint =>
  minorOf(chargeOf(rates, counted), currency);

/** Times `each`, as quantities are, so that nothing is divided before the end. */
function attoTimesEach(pricing: Pricing, paid: bigint, each: bigint): bigint {
  switch (pricing.model) {
    case 'flat':
      return paid * pricing.price;
    case 'package': {
      const size = pricing.size * each;
      return ((paid + size - 1n) / size) * pricing.price * UNIT * each;
    }
    case 'volume': {
      const reached = pricing.tiers.find(({ upTo }) => upTo === null || paid <= upTo * each);
      if (!reached) throw new Error('the last step has no end');
      return paid * reached.price + reached.fee * UNIT * each;
    }
    case 'graduated':
      return graduated(pricing.tiers, paid, each);
  }
}

function graduated(tiers: readonly Tier[], paid: bigint, each: bigint): bigint {
  let [sum, from] = [0n, 0n];
  for (const { upTo, price, fee } of tiers) {
    if (paid <= from) break;
    const to = upTo === null || paid < upTo * each ? paid : upTo * each;
    sum += (to - from) * price + fee * UNIT * each;
    from = to;
  }
  return sum;
}

/** Rates over a part of a period: what is included shrinks with it, rounded to 10⁻⁹; steps do not (rules/money 7). */
export const prorate = (rates: Rates, { part, whole }: Fraction): Rates => ({
  ...rates,
  included: divRound(rates.included * part, whole),
});

/** A price as it is shown, with every markup on it, rounded to 9 digits. It is never what is multiplied (rules/money 15). */
export const shownPrice = (price: bigint, { part, whole }: Fraction): Decimal =>
  formatDecimal(divRound(price * part, whole));

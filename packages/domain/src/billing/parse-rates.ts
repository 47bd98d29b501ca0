import { accept, type Decision, refuse } from '../errors.ts';
import { type Currency, findCurrency } from '../money/currencies.ts';
import { parsePrice } from '../money/price.ts';
import { ENTIRE } from '../money/rounding.ts';
import { fieldName, quoted } from '../text.ts';
import { countedAs, findMeter, type MeterKey } from '../usage/meters.ts';
import { parseDecimal } from '../usage/quantity.ts';
import { type Increments, parseIncrements } from './increments.ts';
import type { Pricing, Rates, Tier } from './rates.ts';

/** A step as it is written; decimals are text. */
export type TierInput = {
  readonly upTo: string | null;
  readonly price: string;
  readonly fee?: string | undefined;
};

/** How a price is written; decimals are text. */
export type PricingInput =
  | { readonly model: 'flat'; readonly price: string }
  | { readonly model: 'graduated' | 'volume'; readonly tiers: readonly TierInput[] }
  | { readonly model: 'package'; readonly size: string; readonly price: string };

/** What is said of a meter beside its price. */
export type RatedMeterInput = {
  /** Decimal text; absent: nothing is included. */
  readonly included?: string | undefined;
  /** `60/60`: each event is rounded up to the first, then in steps of the second, in what the meter is counted as. Absent: it is priced as it is. */
  readonly increments?: string | null | undefined;
};

/** What a meter costs, as it is written. */
export type RatesInput = PricingInput & RatedMeterInput;

const MOST_TIERS = 50;

/** Reads a currency's code of unknown origin. */
export function parseCurrency(code: string, field: string): Decision<Currency> {
  const currency = findCurrency(code);
  if (currency) return accept(currency);
  return refuse('CURRENCY_UNKNOWN', `There is no currency ${quoted(code)}: codes are those of ISO 4217.`, field);
}

/** Reads a quantity of a meter that isn't negative. @returns 10⁻⁹ units */
function parseQuantity(text: string, field: string): Decision<bigint> {
  const nanos = parseDecimal(text);
  if (nanos !== null && nanos >= 0n) return accept(nanos);
  const message = 'A quantity is a decimal from 0 with a point and at most 9 digits after it, such as “500”.';
  return refuse('QUANTITY_INVALID', message, field);
}

/** Reads how something is priced (rules/money 5). */
export function parsePricing(given: PricingInput, field: string): Decision<Pricing> {
  switch (given.model) {
    case 'flat': {
      const price = parsePrice(given.price, `${field}.price`);
      return price.ok ? accept({ model: 'flat', price: price.value }) : price;
    }
    case 'package': {
      const price = parsePrice(given.price, `${field}.price`);
      const size = parseQuantity(given.size, `${field}.size`);
      if (!price.ok) return price;
      if (!size.ok) return size;
      if (size.value === 0n) return refuse('QUANTITY_INVALID', 'A package holds more than nothing.', `${field}.size`);
      return accept({ model: 'package', size: size.value, price: price.value });
    }
    case 'graduated':
    case 'volume': {
      const tiers = parseTiers(given.tiers, `${field}.tiers`);
      return tiers.ok ? accept({ model: given.model, tiers: tiers.value }) : tiers;
    }
  }
}

/** Steps end one above the other, and the last one never. */
function parseTiers(given: readonly TierInput[], field: string): Decision<readonly Tier[]> {
  if (given.length === 0 || given.length > MOST_TIERS)
    return refuse('TIERS_INVALID', `There are 1 to ${MOST_TIERS} steps.`, field);
  const tiers: Tier[] = [];
  for (const [n, one] of given.entries()) {
    const at = `${field}[${n}]`;
    const tier = parseTier(one, at);
    if (!tier.ok) return tier;
    const { upTo } = tier.value;
    if ((upTo === null) !== (n === given.length - 1))
      return refuse('TIERS_INVALID', 'The last step has no end, and every other one has.', `${at}.upTo`);
    if (upTo !== null && upTo <= (tiers.at(-1)?.upTo ?? 0n))
      return refuse('TIERS_INVALID', 'Each step ends above the one before.', `${at}.upTo`);
    tiers.push(tier.value);
  }
  return accept(tiers);
}

function parseTier({ upTo, price, fee }: TierInput, field: string): Decision<Tier> {
  const end = upTo === null ? accept(null) : parseQuantity(upTo, `${field}.upTo`);
  const each = parsePrice(price, `${field}.price`);
  const once = parsePrice(fee ?? '0', `${field}.fee`);
  if (!end.ok) return end;
  if (!each.ok) return each;
  return once.ok ? accept({ upTo: end.value, price: each.value, fee: once.value }) : once;
}

/**
 * Reads what each of several meters is sold for, by the parser of one. Two units of one kind of usage would bill it twice: only one of
 * them has a price.
 */
export function parseMeters<Input extends RatedMeterInput, Rated>(
  given: Readonly<Record<string, Input>>,
  parseOne: (
    meter: { readonly meter: MeterKey; readonly increments: Increments | null; readonly included: bigint },
    input: Input,
    field: string,
  ) => Decision<Rated>,
): Decision<readonly Rated[]> {
  const counted = new Set<string>();
  const all: Rated[] = [];
  for (const [key, input] of Object.entries(given)) {
    const field = `meters.${fieldName(key)}`;
    const meter = findMeter(key);
    if (meter === null) return refuse('METER_UNKNOWN', `There is no meter ${quoted(key)}.`, field);
    const { as } = countedAs(meter.key);
    if (counted.has(as))
      return refuse('BAD_REQUEST', 'Another unit of the same usage has a price already: only one can have.', field);
    counted.add(as);
    const included = parseQuantity(input.included ?? '0', `${field}.included`);
    if (!included.ok) return included;
    const increments = input.increments ? parseIncrements(input.increments) : null;
    if (input.increments && increments === null)
      return refuse(
        'QUANTITY_INVALID',
        'Increments are two whole numbers above 0, as in 60/60.',
        `${field}.increments`,
      );
    const one = parseOne({ meter: meter.key, increments, included: included.value }, input, field);
    if (!one.ok) return one;
    all.push(one.value);
  }
  return accept(all);
}

/** Reads the rates of several meters. */
export const parseRates = (given: Readonly<Record<string, RatesInput>>): Decision<readonly Rates[]> =>
  parseMeters(given, (meter, input, field) => {
    const pricing = parsePricing(input, field);
    return pricing.ok ? accept({ ...meter, pricing: pricing.value, factor: ENTIRE }) : pricing;
  });

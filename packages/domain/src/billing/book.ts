import { accept, type Decision, refuse } from '../errors.ts';
import type { Currency } from '../money/currencies.ts';
import { parsePercent, parsePrice, withMarkup } from '../money/price.ts';
import { ENTIRE, type Fraction } from '../money/rounding.ts';
import type { Decimal } from '../usage/decimal.ts';
import type { MeterKey } from '../usage/meters.ts';
import { UNIT } from '../usage/quantity.ts';
import type { Increments } from './increments.ts';
import type { Terms } from './lines.ts';
import { type PricingInput, parseCurrency, parseMeters, parsePricing, type RatedMeterInput } from './parse-rates.ts';
import { type Pricing, type Rates, shownPrice } from './rates.ts';

/** A markup as it is written: percent on what the seller pays, as decimal text. */
export type MarkupInput = { readonly model: 'markup'; readonly percent: string };

/** A price book as a seller writes it; decimals are text. */
export type BookInput = {
  readonly currency: string;
  readonly monthlyFee: string;
  readonly meters: Readonly<Record<string, (PricingInput | MarkupInput) & RatedMeterInput>>;
};

/** What a book says of one meter: a price of its own, or a markup on the seller's. */
export type BookRates = {
  readonly meter: MeterKey;
  readonly increments: Increments | null;
  readonly included: bigint;
  /** Percent are 10⁻⁴ of a percent. */
  readonly pricing: Pricing | { readonly model: 'markup'; readonly percent: bigint };
};

/** A version of a price book (rules/money 15): what a seller takes of its direct subaccounts. It never changes. */
export type Book = Omit<Terms, 'rates'> & { readonly rates: readonly BookRates[] };

/** Reads a version of a price book. */
export function parseBook(given: BookInput): Decision<Book> {
  const currency = parseCurrency(given.currency, 'currency');
  if (!currency.ok) return currency;
  const monthlyFee = parsePrice(given.monthlyFee, 'monthlyFee');
  if (!monthlyFee.ok) return monthlyFee;
  const rates = parseMeters(given.meters, (meter, input, field): Decision<BookRates> => {
    if (input.model === 'markup') {
      const percent = parsePercent(input.percent, `${field}.percent`);
      return percent.ok ? accept({ ...meter, pricing: { model: 'markup', percent: percent.value } }) : percent;
    }
    const pricing = parsePricing(input, field);
    return pricing.ok ? accept({ ...meter, pricing: pricing.value }) : pricing;
  });
  if (!rates.ok) return rates;
  return accept({ currency: currency.value, monthlyFee: monthlyFee.value, rates: rates.value });
}

/**
 * What customers with a book pay, exactly: a markup multiplies the seller's own price, steps and packages with it, and what it includes is
 * what the book says (rules/money 15). Where the seller is a customer itself, its own terms are those of its book, already resolved.
 *
 * @param own what the seller pays
 */
export function termsOfBook({ currency, monthlyFee, rates }: Book, own: Terms): Decision<Terms> {
  const resolved: Rates[] = [];
  for (const { pricing, ...meter } of rates) {
    if (pricing.model !== 'markup') {
      resolved.push({ ...meter, pricing, factor: ENTIRE });
      continue;
    }
    const marked = markUp(own, currency, meter, pricing.percent);
    if (!marked.ok) return marked;
    resolved.push(marked.value);
  }
  return accept({ currency, monthlyFee, rates: resolved });
}

function markUp(own: Terms, currency: Currency, meter: Omit<BookRates, 'pricing'>, percent: bigint): Decision<Rates> {
  const field = `meters.${meter.meter}`;
  const cost = own.rates.find((rates) => rates.meter === meter.meter);
  if (!cost) return refuse('MARKUP_IMPOSSIBLE', 'The seller has no price of its own in this unit to mark up.', field);
  if (own.currency.code !== currency.code) {
    const message = `The seller pays in ${own.currency.code}: a book in ${currency.code} can’t mark that up.`;
    return refuse('MARKUP_IMPOSSIBLE', message, field);
  }
  const markup = withMarkup(percent);
  const factor = { part: cost.factor.part * markup.part, whole: cost.factor.whole * markup.whole };
  return accept({ ...meter, pricing: cost.pricing, factor });
}

/** The price of a unit in every step, with markups, as screens show it (rules/money 15); decimal text in major units. */
export const shownPrices = ({ pricing, factor }: Pick<Rates, 'pricing' | 'factor'>): readonly Decimal[] =>
  'tiers' in pricing
    ? pricing.tiers.map(({ price }) => shownPrice(price, factor))
    : [shownPrice(pricing.price, factor)];

/** What is allowed and yet told of: a markup below 0, and a lowest price below the lowest that the seller pays. */
export type BookWarning = { readonly meter: MeterKey; readonly warning: 'markup_negative' | 'below_cost' };

/** What a seller should know of a book before it is used (rules/money 15). */
export const warningsOf = ({ currency, rates }: Book, own: Terms): BookWarning[] =>
  rates.flatMap(({ meter, pricing }): BookWarning[] => {
    if (pricing.model === 'markup') return pricing.percent < 0n ? [{ meter, warning: 'markup_negative' }] : [];
    const cost = own.rates.find((one) => one.meter === meter);
    if (!cost || own.currency.code !== currency.code) return [];
    const [price, paid] = [lowestPrice({ pricing, factor: ENTIRE }), lowestPrice(cost)];
    return price.part * paid.whole < paid.part * price.whole ? [{ meter, warning: 'below_cost' }] : [];
  });

/** What one unit costs where it costs least, as a ratio. */
function lowestPrice({ pricing, factor }: Pick<Rates, 'pricing' | 'factor'>): Fraction {
  const least =
    'tiers' in pricing
      ? pricing.tiers.reduce((lowest, { price }) => (price < lowest ? price : lowest), pricing.tiers[0]!.price)
      : pricing.price;
  const per = pricing.model === 'package' ? pricing.size : UNIT;
  return { part: least * factor.part, whole: per * factor.whole };
}

import type { Decision } from '../src/errors.ts';
import {
  type Currency,
  ENTIRE,
  findCurrency,
  type MeterKey,
  minorOfPrice,
  parseDecimal,
  parsePlan,
  parsePrice,
  parseRates,
  type Rates,
  type RatesInput,
  type Segment,
} from '../src/index.ts';

/** What a decision says yes to. */
export function valueOf<T>(decision: Decision<T>): T {
  if (!decision.ok) throw new Error(`${decision.refusal.code}: ${decision.refusal.message}`);
  return decision.value;
}

export const currencyOf = (code: string): Currency => findCurrency(code)!;
export const EUR = currencyOf('EUR');

/** Minutes as they are counted: in 10⁻⁹ of a second. */
export const minutes = (text: string): bigint => parseDecimal(text)! * 60n;

/** Segments of minutes, by id. */
export const segmentsOf = (used: Readonly<Record<string, string>>): Segment[] =>
  Object.entries(used).map(([id, quantity]) => ({ id, quantity: minutes(quantity) }));

export const ratesOf = (input: RatesInput, meter: MeterKey = 'call.minutes'): Rates =>
  valueOf(parseRates({ [meter]: input }))[0]!;

/** A price for something, rounded as an amount of it is. */
export const amountOf = (price: string, currency: Currency = EUR): bigint =>
  minorOfPrice(valueOf(parsePrice(price, 'price')), currency, ENTIRE);

export const planOf = (monthlyFee: string, rates: RatesInput, currency = 'EUR') =>
  valueOf(
    parsePlan({
      currency,
      monthlyFee,
      meters: { 'call.minutes': rates },
      concurrent: null,
      subaccounts: 'included',
    }),
  );

/** Steps of the examples: 0.10 up to 1000, 0.08 up to 5000, then 0.05. */
export const STEPS = [
  { upTo: '1000', price: '0.10' },
  { upTo: '5000', price: '0.08' },
  { upTo: null, price: '0.05' },
];

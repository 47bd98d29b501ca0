import { z } from 'zod';
import * as inputs from './inputs.ts';
import * as shapes from './shapes.ts';

/** Most steps that a price is sent with: more are refused by the domain, with a sentence. */
const MOST_SENT = 200;

const decimalText = z.string().max(60);
const tierInput = z.strictObject({
  upTo: decimalText.nullable(),
  price: decimalText,
  fee: decimalText.optional(),
});
const ofMeter = {
  included: decimalText.optional(),
  /** `60/60`: each call is rounded up to the first, then in steps of the second, in seconds; absent: priced as it is. */
  increments: z.string().max(20).nullable().optional(),
};
const ratesInput = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('flat'), price: decimalText, ...ofMeter }),
  z.strictObject({ model: z.enum(['graduated', 'volume']), tiers: z.array(tierInput).max(MOST_SENT), ...ofMeter }),
  z.strictObject({ model: z.literal('package'), size: decimalText, price: decimalText, ...ofMeter }),
  /** Percent on what the seller pays itself, with at most 4 digits after the point. */
  z.strictObject({ model: z.literal('markup'), percent: decimalText, ...ofMeter }),
]);

/** What a price book says, as a seller writes it. Decimals are text: prices in major units, quantities in units of the meter. */
export const bookTerms = z
  .strictObject({
    currency: z.string().max(10),
    /** In major units. */
    monthlyFee: decimalText,
    /** By key of the meter. */
    meters: z.record(z.string().max(100), ratesInput),
  })
  .meta({
    examples: [
      {
        currency: 'EUR',
        monthlyFee: '50',
        meters: { 'call.minutes': { model: 'flat', price: '0.14', included: '500' } },
      },
    ],
  });

/** A month: `2026-11`. */
export const period = z
  .string()
  .max(10)
  .meta({ examples: ['2026-11'] });

/** A period as it is answered. `closed`: it has ended, with its grace. */
export const shownPeriod = z.strictObject({
  key: z.string(),
  start: shapes.instant,
  end: shapes.instant,
  state: z.enum(['coming', 'running', 'closing', 'closed']),
});

/** A step of a price; `upTo` null: everything above. `fee` comes with the first unit in it. */
export const shownTier = z.strictObject({
  upTo: shapes.decimal.nullable(),
  price: shapes.decimal,
  fee: shapes.decimal,
});

/** What a book says of one meter. */
const bookRates = z.strictObject({
  meter: z.string(),
  label: z.string(),
  unit: z.string(),
  included: shapes.decimal,
  /** What each event is rounded up to before it is priced, as in `60/60`; null: it is priced as it is. */
  increments: z.string().nullable(),
  model: z.enum(['flat', 'graduated', 'volume', 'package', 'markup']),
  /** Of `flat` what one unit costs, of `package` what a whole package of `size` does. */
  price: shapes.decimal.nullable(),
  size: shapes.decimal.nullable(),
  tiers: shapes.list(shownTier),
  /** Of `markup`. */
  percent: shapes.decimal.nullable(),
  /**
   * What comes of it by what the seller pays today: a price for each step (one, where there are none), with 9 digits. What is multiplied has
   * all of them. Null: the seller has no price of its own to mark up, which `impossible` says.
   */
  resulting: shapes.list(shapes.decimal).nullable(),
  /** What the seller itself pays today for the same, by step; null: it has no price of its own in this unit and currency. */
  cost: shapes.list(shapes.decimal).nullable(),
  impossible: shapes.refusal.nullable(),
});

/** What a book says, as people read it. */
export const shownTerms = z.strictObject({
  currency: z.string(),
  exponent: z.number().int().min(0).max(4),
  /** In major units, with the digits that it was written with. */
  monthlyFee: shapes.decimal,
  rates: shapes.list(bookRates),
  /** What is allowed and yet told of. */
  warnings: shapes.list(z.strictObject({ meter: z.string(), warning: z.enum(['markup_negative', 'below_cost']) })),
});

/** A version of a book by name. */
export const bookName = z.strictObject({ id: shapes.rowId, version: shapes.count, name: z.string() });

/** A customer: an account that stands, or stood, directly below the seller. `name` null: nobody knows any more. */
export const customer = z.strictObject({ id: shapes.accountId, name: z.string().nullable() });

/** A direct subaccount, as an input names it; one that has left by its id. */
export const customerRef = inputs.account;

/** What a customer leaves. */
export const margin = z.strictObject({
  /** Below 0 where it costs more than it brings. */
  amount: shapes.money,
  /** Percent of what it brings with one digit: `63.5`; null where it brings nothing. */
  percent: z.string().nullable(),
});

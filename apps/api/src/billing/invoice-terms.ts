import { findMeter, type MeterKey } from '@tenantree/domain';
import { z } from 'zod';

const whole = z.string().transform(BigInt);
const meter = z.custom<MeterKey>((key) => typeof key === 'string' && findMeter(key) !== null);
const party = z.object({
  country: z.string().nullable(),
  name: z.string(),
  address: z.array(z.string()),
  taxId: z.string().nullable(),
});

const schema = z.object({
  /** The account, as it was called. */
  account: z.string(),
  seller: party.nullable(),
  buyer: party,
  plan: z.object({ id: z.string(), version: z.number(), name: z.string() }).nullable(),
  /** How much of the period the plan held for. */
  fraction: z.object({ part: whole, whole }).nullable(),
  /**
   * Of each meter what was rated: the quantity as it is counted, what was included of it in its unit, what it costs in minor units, and how
   * many events were counted by then: as long as there are no more, nothing came late.
   */
  used: z.array(z.object({ meter, quantity: z.string(), included: z.string(), amount: whole, events: z.number() })),
  /** Its tax by category and rate, which is in 10⁻⁴ of a percent; amounts in minor units. Invoices from before that was kept have none. */
  taxes: z.array(z.object({ category: z.string(), rate: whole, base: whole, amount: whole })).default([]),
  /** What is said of tax, where there is none. */
  tax: z.string().nullable(),
  /** How it is paid, in the words of its sender; invoices from before there were any have none. */
  howToPay: z.string().nullable().default(null),
  reason: z.string().nullable(),
  /** What the log says of it, but for the number. */
  told: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** By what an invoice was made, and whom it is addressed to, as it was then. */
export type Terms = z.output<typeof schema>;

/** Reads what was stored with an invoice. */
export const readTerms = (stored: unknown): Terms => schema.parse(stored);

/** What is stored with an invoice: as JSON, whole numbers as text. */
export const storedTerms = (terms: Terms): Readonly<Record<string, unknown>> => ({
  ...terms,
  fraction: terms.fraction && { part: terms.fraction.part.toString(), whole: terms.fraction.whole.toString() },
  used: terms.used.map((one) => ({ ...one, amount: one.amount.toString() })),
  taxes: terms.taxes.map(({ category, rate, base, amount }) => ({
    category,
    rate: rate.toString(),
    base: base.toString(),
    amount: amount.toString(),
  })),
});

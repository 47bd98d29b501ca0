import { type Decimal, findMeter, type Instant, type MeterKey, type Rates, type RowId } from '@tenantree/domain';
import { z } from 'zod';

const whole = z.string().transform(BigInt);
const instant = z.string().transform((text) => text as Instant);
const decimal = z.string().transform((text) => text as Decimal);
const rowId = z.string().transform((text) => text as RowId);
const meter = z.custom<MeterKey>((key) => typeof key === 'string' && findMeter(key) !== null);
const tier = z.object({ upTo: whole.nullable(), price: whole, fee: whole });
const rates = z.object({
  meter,
  // Statements from before there were any have none.
  increments: z.object({ first: whole, next: whole }).nullable().default(null),
  included: whole,
  pricing: z.discriminatedUnion('model', [
    z.object({ model: z.literal('flat'), price: whole }),
    z.object({ model: z.enum(['graduated', 'volume']), tiers: z.array(tier).readonly() }),
    z.object({ model: z.literal('package'), size: whole, price: whole }),
  ]),
  factor: z.object({ part: whole, whole }),
}) satisfies z.ZodType<Rates>;

const part = z.object({
  from: instant,
  to: instant,
  /** Whether it is all of the period. */
  whole: z.boolean(),
  book: z.object({ id: rowId, version: z.number(), name: z.string() }),
  fee: whole,
  /**
   * Of each meter by what it was rated: with what was included in this part; the quantity as it is counted, what it costs in minor units, and
   * how many events were counted by then: as long as there are no more, nothing came late.
   */
  used: z.array(z.object({ rates, quantity: decimal, amount: whole, events: z.number() })),
});

const schema = z.object({
  /** The seller, as it was called. */
  seller: z.string(),
  parts: z.array(part),
  /** What came late of other periods. */
  late: whole,
});

/** By what a statement was made. */
export type StatementTerms = z.output<typeof schema>;
/** A part of a period, as it was rated. */
export type StatedPart = StatementTerms['parts'][number];

/** Reads what was stored with a statement. */
export const readStatementTerms = (stored: unknown): StatementTerms => schema.parse(stored);

/** What is stored with a statement: as JSON, whole numbers as text. */
export const storedStatementTerms = (terms: StatementTerms): Readonly<Record<string, unknown>> =>
  z
    .record(z.string(), z.unknown())
    .parse(
      JSON.parse(
        JSON.stringify(terms, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
      ),
    );

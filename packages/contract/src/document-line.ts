import { z } from 'zod';
import * as shapes from './shapes.ts';

/** A line of an invoice or a statement. Statements have fees, usage and what came late of it. */
export const documentLine = z.strictObject({
  n: shapes.count,
  type: z.enum(['fee', 'usage', 'late', 'credit', 'tax']),
  /** What it is, in words. */
  says: z.string(),
  account: z
    .strictObject({
      id: shapes.accountId,
      /** As it was called then. */
      name: z.string().nullable(),
      /** Where it stood: what those above it were called, the one that pays first. */
      above: shapes.list(z.string().nullable()),
    })
    .nullable(),
  meter: z.string().nullable(),
  unit: z.string().nullable(),
  ofPeriod: z.string().nullable(),
  quantity: shapes.decimal.nullable(),
  from: shapes.instant.nullable(),
  to: shapes.instant.nullable(),
  amount: shapes.money,
});

/** A line of an invoice or a statement. */
export type DocumentLine = z.output<typeof documentLine>;

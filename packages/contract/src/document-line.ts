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

/** The events behind a line of late usage. */
export const lateEvents = z.strictObject({
  line: documentLine,
  /** They were recorded since this, when it was billed last, and before `until`, when this line was made. */
  after: shapes.instant,
  until: shapes.instant,
  events: shapes.count,
  /** What they come to: another quantity than the line’s where events are not kept any more, or came in while it was made. */
  sum: shapes.decimal,
  /** In the order in which they were recorded. */
  rows: shapes.list(
    z.strictObject({
      idempotencyKey: z.string(),
      occurredAt: shapes.instant,
      recordedAt: shapes.instant,
      kind: z.enum(['usage', 'adjustment']),
      /** Why it was adjusted. */
      reason: z.string().nullable(),
      agent: z.string().nullable(),
      /** As it is priced: rounded up, where each event is. */
      quantity: shapes.decimal,
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** The events behind a line of late usage. */
export type LateEvents = z.output<typeof lateEvents>;
/** A line of an invoice or a statement. */
export type DocumentLine = z.output<typeof documentLine>;

import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import { priced } from './billing.ts';
import { documentLine, lateEvents } from './document-line.ts';
import * as inputs from './inputs.ts';
import { type AnswerOf, fromSeller, inAccount, mutation, PEOPLE_AND_KEYS, query, screensFor } from './procedure.ts';
import { period, shownPeriod } from './rebilling.ts';
import * as shapes from './shapes.ts';

const asked = z.strictObject({ account: inputs.account, invoice: inputs.id<RowId>('invoice') });
const party = z.strictObject({
  country: z.string().nullable(),
  name: z.string(),
  address: shapes.list(z.string()),
  taxId: z.string().nullable(),
});

const invoice = z.strictObject({
  id: shapes.rowId,
  /** `INV-2026-000123`; credit notes have a series of their own. Null: it is a draft, and gets its number in a moment. */
  number: z.string().nullable(),
  issuedAt: shapes.instant.nullable(),
  kind: z.enum(['period', 'supplement', 'credit']),
  /** `2026-11` */
  period: z.string(),
  total: shapes.money,
  /** Taken from the balance. */
  applied: shapes.money,
  /** What is left to be paid. */
  due: shapes.money,
  lines: shapes.count,
  /** Of a credit note the invoice that it takes back. */
  credits: shapes.rowId.nullable(),
});

/** Of each meter what was rated as a whole, before it was split, and by which prices. */
export const used = shapes.list(
  z.strictObject({
    meter: z.string(),
    label: z.string(),
    unit: z.string(),
    quantity: shapes.decimal,
    included: shapes.decimal,
    ...priced,
    amount: shapes.money,
  }),
);
const plan = z.strictObject({ id: z.string(), version: shapes.count, name: z.string() });

/** An invoice that doesn’t exist yet. */
const draft = z.strictObject({
  /** The last one in the period: usage is priced by it. */
  plan,
  used,
  /** What came late of periods that were closed before. */
  late: shapes.money,
  /** Never below 0. */
  total: shapes.money,
  /** What would be taken from the balance. */
  applied: shapes.money,
  due: shapes.money,
  lines: shapes.count,
});

const detailed = invoice.extend({
  seller: party.nullable(),
  buyer: party,
  plan: plan.nullable(),
  used,
  /** Of a credit note the number of the invoice that it takes back. */
  creditsNumber: z.string().nullable(),
  /** Its tax by category and rate, in percent; `base` is what it is of. */
  taxes: shapes.list(
    z.strictObject({ category: z.string(), rate: shapes.decimal, base: shapes.money, amount: shapes.money }),
  ),
  /** What is said of tax, where there is none. */
  tax: z.string().nullable(),
  /** How it is paid, in the words of its sender. */
  howToPay: z.string().nullable(),
  /** Why it was credited. */
  reason: z.string().nullable(),
  /** What credit notes took of it so far. */
  credited: shapes.money,
});

const read = inAccount('billing', 'full', 'read', screensFor('billing'));

export const invoices = {
  list: query({
    says: 'The invoices and credit notes of the account, newest first.',
    needs: read,
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(200) }),
    output: shapes.pageOf(invoice),
  }),

  get: query({
    says: 'An invoice, and a page of its lines.',
    needs: read,
    input: asked.extend({ cursor: inputs.cursor, limit: inputs.limit(500) }),
    output: z.strictObject({ invoice: detailed, lines: shapes.list(documentLine), nextCursor: z.string().nullable() }),
  }),

  lateEvents: query({
    says: 'The events behind a line of late usage of an invoice: a page of what came in after it was billed last.',
    needs: inAccount('billing', 'full', 'read', PEOPLE_AND_KEYS),
    input: asked.extend({ line: inputs.ordinal, cursor: inputs.cursor, limit: inputs.limit(500) }),
    output: lateEvents,
  }),

  draft: query({
    says: 'What the invoice of a period would be by now, before tax, and a page of its lines; nothing is written.',
    needs: inAccount('billing', 'full', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      /** Absent: the running one. */
      period: period.optional(),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: z.strictObject({
      period: shownPeriod,
      /** The invoice of the period, where it is there by now. */
      issued: z.strictObject({ id: shapes.rowId, number: z.string() }).nullable(),
      /** Null: it is issued; or the account has no plan of its own in the period. */
      draft: draft.nullable(),
      lines: shapes.list(documentLine),
      nextCursor: z.string().nullable(),
    }),
  }),

  export: mutation({
    says: 'Writes an invoice into a file, as a job: as CSV with every line, or as a PDF; it can be read for seven days.',
    needs: read,
    input: asked.extend({ format: z.enum(['csv', 'pdf']) }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  closePeriod: mutation({
    says: 'Closes a period that is over, with its grace, and issues its invoice; one that is closed already answers the same invoice.',
    needs: inAccount('billing', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      period: z
        .string()
        .max(10)
        .meta({ examples: ['2026-11'] }),
    }),
    output: z.strictObject({ invoice }),
    refusals: ['PARENT_BILLED', 'PERIOD_OPEN', 'PLAN_UNAVAILABLE'],
  }),

  credit: mutation({
    says: 'Credits some of an invoice, or all that is left of it, to the balance of the account, by a credit note.',
    needs: fromSeller('billing', 'full', 'change', PEOPLE_AND_KEYS),
    input: asked.extend({
      /** In major units; absent: all that is left. */
      amount: z
        .string()
        .max(40)
        .optional()
        .meta({ examples: ['5.00'] }),
      reason: inputs.line(200),
    }),
    output: z.strictObject({ invoice }),
    refusals: ['PRICE_INVALID', 'CREDIT_TOO_HIGH'],
  }),
};

/** An invoice or credit note in a list. */
export type ShownInvoice = AnswerOf<typeof invoices.list>['rows'][number];
/** An invoice that doesn’t exist yet: what it would be. */
export type DraftInvoice = z.output<typeof draft>;
/** An invoice with all that is said of it. */
export type DetailedInvoice = AnswerOf<typeof invoices.get>['invoice'];

import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import { documentLine, lateEvents } from './document-line.ts';
import * as inputs from './inputs.ts';
import { type AnswerOf, inAccount, mutation, PEOPLE_AND_KEYS, query } from './procedure.ts';
import { bookName, bookTerms, customer, customerRef, margin, period, shownPeriod, shownTier } from './rebilling.ts';
import * as shapes from './shapes.ts';

/** A statement: what a customer owes the account directly above it for a period. Nobody collects it but that account. */
const statement = z.strictObject({
  id: shapes.rowId,
  /** `STM-2026-000012`: a series of each seller, without gaps. */
  number: z.string(),
  frozenAt: shapes.instant,
  /** `period`: of one period; `supplement`: what came late for a customer that left. */
  kind: z.enum(['period', 'supplement']),
  /** `2026-11` */
  period: z.string(),
  /** Null where the reader doesn’t reach it. */
  seller: shapes.accountName.nullable(),
  customer,
  /** Below 0 where more was corrected than used. */
  total: shapes.money,
  lines: shapes.count,
});

/** What one book comes to over the part of the period for which it held. */
const part = z.strictObject({
  from: shapes.instant,
  to: shapes.instant,
  /** Null for a customer who reads it: the name of a book is its seller’s. */
  book: bookName.nullable(),
  fee: shapes.money,
  used: shapes.list(
    z.strictObject({
      meter: z.string(),
      label: z.string(),
      unit: z.string(),
      quantity: shapes.decimal,
      /** In this part. */
      included: shapes.decimal,
      /** What one unit costs, by step, with 9 digits. */
      prices: shapes.list(shapes.decimal),
      /** How it is priced: `flat`, `package` (`prices` is of a whole one of `size`), or by `tiers`. Markups are multiplied in. */
      model: z.enum(['flat', 'graduated', 'volume', 'package']),
      size: shapes.decimal.nullable(),
      tiers: shapes.list(shownTier),
      /** What each event was rounded up to before, as in `60/60`; null: it wasn’t. */
      increments: z.string().nullable(),
      amount: shapes.money,
    }),
  ),
});

/** What is said of a statement, be it a draft. */
const detailed = z.strictObject({
  period: shownPeriod,
  parts: shapes.list(part),
  /** What came late of periods that are frozen. */
  late: shapes.money,
  total: shapes.money,
});

/** A statement that doesn’t exist yet: what it would be now. */
const draft = z.strictObject({
  customer,
  period: shownPeriod,
  /** Null: it can’t be said, and can’t be frozen; `refused` says why. */
  total: shapes.money.nullable(),
  refused: shapes.refusal.nullable(),
});

const read = inAccount('billing', 'full', 'read', PEOPLE_AND_KEYS);
const change = inAccount('billing', 'full', 'change', PEOPLE_AND_KEYS);
const ofCustomer = { account: inputs.account, customer: customerRef };
const lines = { cursor: inputs.cursor, limit: inputs.limit(500) };
const asked = z.strictObject({ account: inputs.account, statement: inputs.id<RowId>('statement') });

export const statements = {
  list: query({
    says: 'The frozen statements that the account sends to its direct subaccounts, newest first.',
    needs: read,
    input: z.strictObject({
      account: inputs.account,
      /** Only of this one. */
      customer: customerRef.optional(),
      /** Only of this period. */
      period: period.optional(),
      cursor: inputs.cursor,
      limit: inputs.limit(200),
    }),
    output: shapes.pageOf(statement),
  }),

  received: query({
    says: 'The frozen statements that the account has from the account above it, newest first.',
    needs: read,
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(200) }),
    output: shapes.pageOf(statement),
  }),

  get: query({
    says: 'A frozen statement that the account sends or has, and a page of its lines.',
    needs: read,
    input: asked.extend(lines),
    output: z.strictObject({
      statement,
      details: detailed,
      lines: shapes.list(documentLine),
      nextCursor: z.string().nullable(),
    }),
  }),

  lateEvents: query({
    says: 'The events behind a line of late usage of a frozen statement: a page of what came in after it was stated last.',
    needs: read,
    input: asked.extend({ line: inputs.ordinal, ...lines }),
    output: lateEvents,
  }),

  drafts: query({
    says: 'The statements of a period that are not frozen yet: what each customer would owe by now.',
    needs: read,
    input: z.strictObject({
      account: inputs.account,
      /** Absent: the running one. */
      period: period.optional(),
      cursor: inputs.cursor,
      limit: inputs.limit(200),
    }),
    output: shapes.pageOf(draft),
  }),

  draft: query({
    says: 'What the statement of a customer would be by now, and a page of its lines.',
    needs: read,
    input: z.strictObject({
      ...ofCustomer,
      /** Absent: the running one. */
      period: period.optional(),
      ...lines,
    }),
    output: z.strictObject({
      customer,
      /** Null: it can’t be said; `refused` says why. */
      details: detailed.nullable(),
      refused: shapes.refusal.nullable(),
      lines: shapes.list(documentLine),
      nextCursor: z.string().nullable(),
    }),
  }),

  freeze: mutation({
    says: 'Freezes the statement of a customer for a period that has ended, once; what comes later is on the next one.',
    needs: change,
    input: z.strictObject({ ...ofCustomer, period }),
    output: z.strictObject({ statement }),
    refusals: ['PERIOD_OPEN', 'ASSIGNMENT_INVALID', 'MARKUP_IMPOSSIBLE', 'CURRENCY_UNKNOWN'],
  }),

  export: mutation({
    says: 'Writes a frozen statement into a file, as a job: as CSV with every line, or as a PDF; it can be read for seven days.',
    needs: read,
    input: asked.extend({ format: z.enum(['csv', 'pdf']) }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  whatIf: query({
    says: 'What a period of a customer comes to with another price book over all of it; nothing is written.',
    needs: read,
    input: z.strictObject({
      ...ofCustomer,
      period,
      /** A version of a book of the account. */
      book: z.strictObject({ id: inputs.id<RowId>('book'), version: inputs.ordinal }).optional(),
      /** Or one that isn’t saved. */
      terms: bookTerms.optional(),
    }),
    output: z.strictObject({
      customer,
      /** As it is: frozen, or a draft. Null: no book, or one that can’t be used. */
      present: detailed.nullable(),
      supposed: detailed,
      /** What the customer costs the seller in this period; null where nobody knows. */
      cost: shapes.money.nullable(),
      margins: z.strictObject({ present: margin.nullable(), supposed: margin.nullable() }),
    }),
    refusals: [
      'CURRENCY_UNKNOWN',
      'PRICE_INVALID',
      'TIERS_INVALID',
      'QUANTITY_INVALID',
      'METER_UNKNOWN',
      'MARKUP_IMPOSSIBLE',
    ],
  }),
};

/** A frozen statement. */
export type ShownStatement = AnswerOf<typeof statements.list>['rows'][number];
/** What is said of one, be it a draft. */
export type StatementDetails = AnswerOf<typeof statements.get>['details'];
/** A statement that isn’t frozen. */
export type StatementDraft = AnswerOf<typeof statements.drafts>['rows'][number];
/** What another book would bring. */
export type WhatIf = AnswerOf<typeof statements.whatIf>;

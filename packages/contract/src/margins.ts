import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, fromAbove, inAccount, PEOPLE_AND_KEYS, query, screensFor } from './procedure.ts';
import { bookName, customer, margin, period, shownPeriod } from './rebilling.ts';
import * as shapes from './shapes.ts';

const row = z.strictObject({
  customer,
  /** The book that it has at the end of the period, or now; null: none. */
  book: bookName.nullable(),
  /** Usage of its subtree, by meter that the seller pays for or sells. */
  used: shapes.list(
    z.strictObject({ meter: z.string(), label: z.string(), unit: z.string(), quantity: shapes.decimal }),
  ),
  /** What it costs the seller; null: nobody knows, as the seller has no price of its own. */
  cost: shapes.money.nullable(),
  /** What its statement says; null: it has no book, or one that can’t be used. */
  revenue: shapes.money.nullable(),
  /** What is left; null: one of the two isn’t known, or they are in different currencies. */
  margin: margin.nullable(),
  statement: z.strictObject({
    /** `none`: it had no book in the period. `impossible`: a draft that can’t be frozen. */
    state: z.enum(['none', 'draft', 'frozen', 'impossible']),
    id: shapes.rowId.nullable(),
    number: z.string().nullable(),
    frozenAt: shapes.instant.nullable(),
    refused: shapes.refusal.nullable(),
  }),
});

/** What one customer costs, brings and leaves in a period. */
const ofPeriod = row.omit({ customer: true, used: true }).extend({
  period: shownPeriod,
  /** Whether the cost is final: on an invoice, or on the frozen statement of whoever sells. */
  costs: z.enum(['draft', 'final']),
});

export const margins = {
  ofCustomer: query({
    says: 'What the account costs the account directly above it, brings and leaves there: in this period so far, and in the two before.',
    needs: fromAbove('billing', 'full', 'read', screensFor('billing')),
    input: inputs.onlyAccount,
    output: z.strictObject({
      /** Who sells: the account directly above. */
      seller: shapes.accountName,
      /** The running one first. What it leaves is before the seller’s own fee, which is nobody’s part. */
      periods: shapes.list(ofPeriod),
    }),
  }),

  ofDeparted: query({
    says: 'What an account that left by a billing transfer cost, brought and left in its last months, what comes late of them, and its last statements.',
    needs: inAccount('billing', 'full', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, departure: inputs.id<RowId>('departure') }),
    output: z.strictObject({
      /** The month in which it left, and of the one before and those after in which usage may come late where there is something; the last first. */
      periods: shapes.list(ofPeriod),
      /** Its last frozen statements, the newest first. */
      statements: shapes.list(
        z.strictObject({
          id: shapes.rowId,
          number: z.string(),
          kind: z.enum(['period', 'supplement']),
          period: z.string(),
          total: shapes.money,
        }),
      ),
    }),
  }),

  get: query({
    says: 'What each customer of the account costs, brings and leaves in a period, and what is left of all after the account’s own fee.',
    needs: inAccount('billing', 'full', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      /** Absent: the running one. */
      period: period.optional(),
      /** Whose part the account’s own fee is: nobody’s, or each customer’s by what it used of the first meter of which anything was. */
      fee: z.enum(['nobodys', 'byQuantity']).default('nobodys'),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: z.strictObject({
      period: shownPeriod,
      /** What costs come from: the invoice of the account, or the statement that it has itself; drafts, where those are not final. */
      costs: z.strictObject({
        from: z.enum(['invoice', 'statement', 'none']),
        state: z.enum(['draft', 'final']),
        /** Null: a draft. */
        number: z.string().nullable(),
        refused: shapes.refusal.nullable(),
      }),
      rows: shapes.list(row),
      /** Of all customers, on whichever page. */
      total: z.strictObject({
        customers: shapes.count,
        /** By currency. */
        revenue: shapes.list(shapes.money),
        /** Of usage of customers, and the fee where that is shared out. */
        cost: shapes.money.nullable(),
        /** Of usage that is no customer’s. */
        own: shapes.money.nullable(),
        /** The seller’s own fee. */
        fee: shapes.money.nullable(),
        /** The meter by which it is shared out over `cost`; null: it is nobody’s part. */
        sharedBy: z.string().nullable(),
        /** What that fee is for. */
        feeSays: z.string().nullable(),
        /** Before that fee, unless it is shared out; null: of some customer it can’t be said. */
        margin: margin.nullable(),
        /** After it. */
        afterFee: margin.nullable(),
      }),
      nextCursor: z.string().nullable(),
    }),
  }),
};

/** What an account that left cost and brought. */
export type DepartedMargins = AnswerOf<typeof margins.ofDeparted>;
/** What customers cost, bring and leave. */
export type Margins = AnswerOf<typeof margins.get>;
/** What one customer costs, brings and leaves. */
export type CustomerMargins = AnswerOf<typeof margins.ofCustomer>;

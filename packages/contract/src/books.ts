import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, inAccount, mutation, type ParsedOf, PEOPLE_AND_KEYS, query } from './procedure.ts';
import { bookName, bookTerms, customer, customerRef, period, shownPeriod, shownTerms } from './rebilling.ts';
import * as shapes from './shapes.ts';

/** Most customers that one call gives a book, in one transaction. */
const MOST_CUSTOMERS = 200;

const book = inputs.id<RowId>('book');
const version = inputs.ordinal;
const customers = z.array(customerRef).min(1).max(MOST_CUSTOMERS);

const saved = bookName.extend({ terms: shownTerms, savedAt: shapes.instant });
/** A book in a list: its newest version. */
const listed = saved.extend({
  /** Customers that have some version of it now. */
  customers: shapes.count,
});

const assignment = z.strictObject({
  customer,
  book: bookName,
  from: shapes.instant,
  /** Not in it any more; null: it goes on. */
  to: shapes.instant.nullable(),
  state: z.enum(['past', 'running', 'coming']),
});

/** From when until when, and what becomes of a book that a customer has by then. */
const wish = {
  customers,
  book,
  version,
  /** Absent: from the next period. */
  from: inputs.instantOfPeriod.optional(),
  /** Absent: it goes on. */
  to: inputs.instantOfPeriod.optional(),
  /** `refuse`: a customer has one book at a time. `end`: what it has ends when this begins; what would begin later never does. */
  present: z.enum(['refuse', 'end']).default('refuse'),
};

/** What a period comes to with a book. */
const outcome = z.strictObject({
  /** Null: no book. */
  book: bookName.nullable(),
  total: shapes.money.nullable(),
  /** Why it can’t be said. */
  refused: shapes.refusal.nullable(),
});

const read = inAccount('billing', 'full', 'read', PEOPLE_AND_KEYS);
const change = inAccount('billing', 'full', 'change', PEOPLE_AND_KEYS);

export const books = {
  list: query({
    says: 'The price books of the account, each in its newest version, with what comes of markups today.',
    needs: read,
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(100) }),
    output: shapes.pageOf(listed),
  }),

  get: query({
    says: 'A price book in one of its versions, and which there are, newest first.',
    needs: read,
    input: z.strictObject({
      account: inputs.account,
      book,
      /** Absent: the newest. */
      version: version.optional(),
    }),
    output: z.strictObject({
      book: saved,
      versions: shapes.list(z.strictObject({ version: shapes.count, name: z.string(), savedAt: shapes.instant })),
    }),
  }),

  save: mutation({
    says: 'Saves a price book, or a new version of one; it holds for nobody until it is assigned, and versions never change.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      /** Absent: a new book. */
      book: book.optional(),
      name: inputs.line(100),
      terms: bookTerms,
      /** The newest version that was shown: refused when there is another one by now. Absent: whatever there is. */
      version: version.optional(),
    }),
    output: z.strictObject({ book: saved }),
    refusals: [
      'NAME_TAKEN',
      'VERSION_CONFLICT',
      'CURRENCY_UNKNOWN',
      'PRICE_INVALID',
      'TIERS_INVALID',
      'QUANTITY_INVALID',
      'METER_UNKNOWN',
    ],
  }),

  assignments: query({
    says: 'Which direct subaccounts of the account have which price book when, newest first.',
    needs: read,
    input: z.strictObject({
      account: inputs.account,
      /** Only of this one. */
      customer: customerRef.optional(),
      /** Only of this one, in whichever version. */
      book: book.optional(),
      /** Only those that run or are to come. */
      only: z.enum(['all', 'open']).default('all'),
      cursor: inputs.cursor,
      limit: inputs.limit(200),
    }),
    output: shapes.pageOf(assignment),
  }),

  previewAssignment: query({
    says: 'What a period would come to for each customer with a price book from then on; nothing is saved.',
    needs: read,
    input: z.strictObject({
      account: inputs.account,
      ...wish,
      /** Absent: the running one. Whichever it is, the `preview` is the same. */
      period: period.optional(),
    }),
    output: z.strictObject({
      period: shownPeriod,
      /** From when on, as it would be saved. */
      from: shapes.instant,
      warnings: shownTerms.shape.warnings,
      rows: shapes.list(
        z.strictObject({
          customer,
          before: outcome,
          after: outcome,
          /** Why this customer can’t have the book then; null: it can. */
          refused: shapes.refusal.nullable(),
        }),
      ),
      /** To be passed to `books.assign` with the same wish: an assignment inside the running period needs one. */
      preview: z.string(),
    }),
  }),

  assign: mutation({
    says: 'Gives direct subaccounts a version of a price book over some time: all of them or none.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      ...wish,
      /** From `books.previewAssignment`: needed where it begins inside the running period, or before it. */
      preview: z.string().max(2_000).optional(),
    }),
    output: z.strictObject({ assignments: shapes.list(assignment), warnings: shownTerms.shape.warnings }),
    refusals: ['ASSIGNMENT_INVALID', 'ASSIGNMENT_OVERLAP', 'PERIOD_CLOSED', 'PREVIEW_STALE', 'MARKUP_IMPOSSIBLE'],
  }),

  unassign: mutation({
    says: 'Ends the price book of direct subaccounts; one that has not begun by then never does.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      customers,
      /** Absent: with the running period. */
      to: inputs.instantOfPeriod.optional(),
    }),
    output: z.strictObject({ assignments: shapes.list(assignment) }),
    refusals: ['PERIOD_CLOSED', 'ALREADY_IN_STATE'],
  }),
};

/** A price book as it is listed. */
export type ShownBook = AnswerOf<typeof books.list>['rows'][number];
/** What it says, with what comes of it. */
export type ShownBookTerms = ShownBook['terms'];
/** What a seller writes. */
export type BookTermsInput = ParsedOf<typeof books.save>['terms'];
/** Who has which book when. */
export type ShownAssignment = AnswerOf<typeof books.assignments>['rows'][number];
/** A wish for an assignment. */
export type AssignmentInput = ParsedOf<typeof books.previewAssignment>;
/** What a preview of one answers. */
export type AssignmentPreview = AnswerOf<typeof books.previewAssignment>;

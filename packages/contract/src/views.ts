import { ACCOUNT_SORTS, COLUMN_WIDTHS, DRIFT_STATES, LIST_COLUMNS, type RowId } from '@tenantree/domain';
import { z } from 'zod';
import { filters, places, statuses } from './accounts.ts';
import * as inputs from './inputs.ts';
import { type AnswerOf, type Callers, inAccount, mutation, query } from './procedure.ts';
import * as shapes from './shapes.ts';

/** Whoever looks with their own eyes: a person, or the user that a page names for its embedded screen. */
const EYES: Callers<'person' | 'embed'> = { kinds: ['person', 'embed'], screens: 'every' };

/** How a list of subaccounts is looked at. */
const look = z.strictObject({
  sort: z.enum(ACCOUNT_SORTS),
  direction: z.enum(['asc', 'desc']),
  status: statuses,
  ...filters,
  /** As instants are told. */
  createdFrom: shapes.instant.optional(),
  createdBefore: shapes.instant.optional(),
  level: places.level,
  blueprint: shapes.rowId.optional(),
  drift: z.enum(DRIFT_STATES).optional(),
  under: shapes.accountId.optional(),
  layout: z.enum(['tree', 'flat']),
  density: z.enum(['comfortable', 'compact']),
  /** Shown columns, in their order; without it, those that are shown until somebody chooses. */
  columns: z
    .array(
      z.strictObject({
        column: z.enum(LIST_COLUMNS),
        width: z.number().int().min(COLUMN_WIDTHS.least).max(COLUMN_WIDTHS.most).optional(),
      }),
    )
    .max(LIST_COLUMNS.length)
    .optional(),
});

/** Who sees a view: whoever keeps it, or all who see the account's list. */
const audience = z.enum(['private', 'account']);
const view = z.strictObject({ id: shapes.rowId, name: z.string(), audience, look });

export const views = {
  list: query({
    says: 'The views of the account’s list of subaccounts that are shared with the account, and then the caller’s own.',
    needs: inAccount('account.subaccounts', 'read', 'read', EYES),
    input: inputs.onlyAccount,
    output: z.strictObject({ views: shapes.list(view) }),
  }),

  save: mutation({
    says: 'Keeps a view of the account’s list of subaccounts for the caller alone, or shared with the account; or changes one.',
    needs: inAccount('account.subaccounts', 'read', 'read', EYES),
    input: z.strictObject({
      account: inputs.account,
      view: inputs.id<RowId>('view').optional(),
      /** Without, of a new one `private`; `account` is for people who may manage its subaccounts. One that is there stays whose it is. */
      audience: audience.optional(),
      name: inputs.line(60),
      look,
    }),
    output: z.strictObject({ id: shapes.rowId }),
    refusals: ['NAME_TAKEN'],
  }),

  remove: mutation({
    says: 'Forgets a view of the caller’s own, or one that is shared with the account.',
    needs: inAccount('account.subaccounts', 'read', 'read', EYES),
    input: z.strictObject({ account: inputs.account, view: inputs.id<RowId>('view') }),
    output: shapes.done,
  }),
};

/** A view that somebody keeps. */
export type SavedView = AnswerOf<typeof views.list>['views'][number];

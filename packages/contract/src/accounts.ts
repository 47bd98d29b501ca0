import {
  ACCOUNT_SORTS,
  ACTIVITY_FILTERS,
  type AccountsFrame,
  CAPS_FILTERS,
  COUNT_FILTERS,
  DRIFT_STATES,
  EMBED_FEATURES,
  LIMIT_FILTERS,
  MOST_CREATED,
  type RowId,
  type SentAccount,
  SUSPENSION_KINDS,
  TRANSFER_FILTERS,
} from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import {
  type AnswerOf,
  EVERYBODY,
  fromAbove,
  inAccount,
  mutation,
  PEOPLE,
  PEOPLE_AND_KEYS,
  query,
  reach,
  screensFor,
  signedIn,
  subscription,
} from './procedure.ts';
import * as shapes from './shapes.ts';

/** Accounts that one job can be asked for. */
const MOST_IN_A_JOB = 500;
/** Accounts that an export can name. */
const MOST_EXPORTED = 5_000;

const STATUSES = ['active', 'suspended', 'closed'] as const;

const wish = { name: inputs.name, externalId: inputs.externalId.optional(), metadata: shapes.json.optional() };
/** What lists are kept to: all of it has to hold. */
export const filters = {
  /** Only those whose own caps leave less than there is, or that a release added a permission to which nobody decided yet; or not so. */
  caps: z.enum(CAPS_FILTERS).optional(),
  /** Only those that used 80 percent of a maximum of minutes of their own, or more; or all of it. */
  limits: z.enum(LIMIT_FILTERS).optional(),
  /** Only those of which, with all below, nothing was used for 30 days, and that are older than that; or those that were active. */
  activity: z.enum(ACTIVITY_FILTERS).optional(),
  /** Only those that are billed so. */
  billing: z.enum(['parent', 'direct']).optional(),
  /** Only those of which a billing transfer is under way, or none is. */
  transfer: z.enum(TRANSFER_FILTERS).optional(),
  /** Only those with members in their subtree, or without. */
  members: z.enum(COUNT_FILTERS).optional(),
  /** Only those with agents in their subtree, or without. */
  agents: z.enum(COUNT_FILTERS).optional(),
  /** Only those that were made then or later. */
  createdFrom: inputs.instant.optional(),
  /** Only those that were made before. */
  createdBefore: inputs.instant.optional(),
};
/** And by what they were set up. */
const setUp = {
  /** Only those that this blueprint set up, which is offered in the account. */
  blueprint: inputs.id<RowId>('blueprint').optional(),
  /** Only those that stand so to it. */
  drift: z.enum(DRIFT_STATES).optional(),
};
/** And where below the account they stand. */
export const places = {
  /** Only those so many levels below the account. */
  level: z.number().int().min(1).max(32).optional(),
  /** Only those below this one. */
  under: inputs.account.optional(),
};
/** Accounts of which own statuses. */
export const statuses = z.array(z.enum(STATUSES)).min(1).max(STATUSES.length).default(['active', 'suspended']);

/** The account, and whether this call made it or an earlier one with the same external id and content did. */
const created = z.strictObject({ account: shapes.accountRow, created: z.boolean() });

/** An account as its detail page shows it. */
const detail = shapes.rowWith({
  /** From the topmost account that the actor reaches down to this one. */
  path: shapes.list(shapes.accountName),
  metadata: shapes.metadata,
  /** The suspension that holds now; who decided it only when the actor can reach that account. */
  effective: z.strictObject({
    kind: z.enum(SUSPENSION_KINDS).nullable(),
    by: shapes.accountName.nullable(),
    /** When time alone changes that next; of what is planned above the actor's reach nothing is told. */
    changesAt: shapes.instant.nullable(),
  }),
  /** Who pays for it: the nearest direct-billed account at or above it; null when that lies above the actor's reach. */
  payer: shapes.accountName.nullable(),
  /** How many levels of subaccounts there may be below it. */
  levelsBelow: shapes.count,
  /** Days that a closed account's data is kept, and it can be reopened. */
  keptDays: z.number(),
  /** What the actor may do in it. */
  levels: z.record(shapes.permissionKey, shapes.level),
  /** What an embedded screen was opened for, beside reading; null: no such bound. */
  features: shapes.list(z.enum(EMBED_FEATURES)).nullable(),
  treeVersion: shapes.count,
  resumeId: shapes.resumeId,
});

const page = shapes.pageOf(shapes.accountRow).extend({
  /** Accounts that match the question, on all pages. */
  total: shapes.count,
  /** Rows are at least as new as this version of the tree. */
  treeVersion: shapes.count,
  resumeId: shapes.resumeId,
  /** Start of the billing period of the minutes. */
  period: shapes.instant,
});

const matches = page.extend({
  matches: shapes.list(shapes.accountId),
  /** Whether more may match: large subtrees are searched within bounds. */
  more: z.boolean(),
});

const suspensionReach = z.strictObject({
  accounts: shapes.count,
  members: shapes.count,
  agents: shapes.count,
  /** At most 10 accounts of the subtree. */
  sample: shapes.list(shapes.accountName),
});

const accountsFrame: z.core.$ZodType<AccountsFrame> = z.strictObject({
  ...shapes.frameBounds,
  changed: shapes.list(shapes.accountRow),
  gone: shapes.list(shapes.accountId),
});

/** A visit from above. */
const visit = z.strictObject({
  id: shapes.rowId,
  actor: z.strictObject({
    kind: z.enum(['person', 'key', 'embed', 'system']),
    id: z.string().nullable(),
    name: z.string(),
  }),
  /** The account that they came from; without an id when the reader doesn't reach it. */
  from: z.strictObject({ id: shapes.accountId.nullable(), name: z.string() }).nullable(),
  enteredAt: shapes.instant,
  /** Null: they are there still. `idle`: half an hour after the last that they did. */
  end: z.strictObject({ by: z.enum(['left', 'idle', 'entered']), at: shapes.instant }).nullable(),
  /** What they did there that left a trace; reading leaves none. */
  acts: shapes.count,
});

/** Typed for those who send it, and nothing more: each is read by itself, so that every bad one is named. */
const sentAccount = z.unknown().meta({
  ...z.toJSONSchema(
    z.strictObject({
      name: inputs.name,
      parent: z.union([inputs.account, z.number().int().min(0).max(MOST_CREATED)]).optional(),
      externalId: inputs.externalId.optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  $schema: undefined,
}) as z.ZodType<unknown, SentAccount>;

const creation = z.union([
  z.strictObject({ id: shapes.accountId, created: z.boolean() }),
  z.strictObject(shapes.entryRefused),
]);

/** A blueprint that new accounts are set up with. */
const newSetUp = z.strictObject({
  id: inputs.id<RowId>('blueprint'),
  version: z.number().int().min(1).max(2_147_483_647),
  /** Values of its variables, by key. */
  variables: z.record(z.string().max(64), z.string().max(4_000)).default({}),
});

const CREATION = ['NAME_INVALID', 'METADATA_TOO_LARGE', 'EXTERNAL_ID_CONFLICT'] as const;

export const accounts = {
  createMain: mutation({
    says: 'Makes a main account of one’s own.',
    needs: signedIn(PEOPLE),
    input: z.strictObject(wish),
    output: created,
    refusals: CREATION,
  }),

  create: mutation({
    says: 'Makes a subaccount below the account; one with the same external id and content is answered as it is.',
    needs: inAccount('account.subaccounts', 'full', 'create', screensFor('create')),
    input: z.strictObject({
      account: inputs.account,
      ...wish,
      /** Sets it up, in the same transaction as far as that goes. */
      blueprint: newSetUp.optional(),
    }),
    output: created,
    refusals: [
      'VARIABLE_INVALID',
      'LIMIT_PROMISED',
      'RESERVE_UNAVAILABLE',
      'ASSIGNMENT_INVALID',
      ...CREATION,
      'NAME_TAKEN',
      'DEPTH_EXCEEDED',
      'PARENT_NOT_LIVE',
      'LIMIT_REACHED',
      'PLAN_UNAVAILABLE',
    ],
  }),

  createMany: mutation({
    says: 'Makes many subaccounts below the account: all of them or none, or each by itself.',
    needs: inAccount('account.subaccounts', 'full', 'create', screensFor('create')),
    input: z.strictObject({
      account: inputs.account,
      accounts: z.array(sentAccount).min(1).max(MOST_CREATED),
      mode: z.enum(['all', 'each']).default('all'),
      /** Sets each of them up that is new, 100 at the most: their products by a job afterwards. */
      blueprint: newSetUp.optional(),
    }),
    output: z.strictObject({ results: shapes.list(creation) }),
    refusals: ['BATCH_REFUSED', 'VARIABLE_INVALID'],
    reads: 'one by one',
  }),

  get: query({
    says: 'One account with what its screens need beyond the row.',
    needs: reach('read', EVERYBODY),
    input: inputs.onlyAccount,
    output: detail,
  }),

  list: query({
    says: 'The subaccounts right below the account, a page at a time.',
    needs: inAccount('account.subaccounts', 'read', 'read', EVERYBODY),
    input: z.strictObject({
      account: inputs.account,
      sort: z.enum(ACCOUNT_SORTS).default('name'),
      direction: z.enum(['asc', 'desc']).default('asc'),
      status: statuses,
      ...filters,
      ...setUp,
      cursor: inputs.cursor,
      limit: inputs.limit(200),
    }),
    output: page.extend({
      /** Who bounds the minutes of all of them together: the account, or one above it. Without, nobody does, or the caller may not see usage. */
      minutesAbove: z
        .strictObject({ account: shapes.accountName.nullable(), max: shapes.decimal.nullable(), free: shapes.decimal })
        .exactOptional(),
    }),
  }),

  search: query({
    says: 'The accounts of the subtree, at any depth, that match what was typed and filters, in the order of the tree or another; with those between.',
    needs: inAccount('account.subaccounts', 'read', 'read', EVERYBODY),
    input: z.strictObject({
      account: inputs.account,
      /** Of a name, external id or id. Without it there is a filter or an order. */
      query: z.string().trim().min(1).max(120).optional(),
      /** All of them in one order; without it, the best matches first, or the order of the tree. */
      sort: z.enum(ACCOUNT_SORTS).optional(),
      direction: z.enum(['asc', 'desc']).default('asc'),
      status: statuses,
      ...filters,
      ...setUp,
      ...places,
      cursor: inputs.cursor,
      limit: inputs.limit(200),
    }),
    output: matches,
  }),

  export: mutation({
    says: 'Writes accounts below the account into a CSV file, as a job: all, or those that a search, filters or a list leave.',
    needs: inAccount('account.subaccounts', 'read', 'read', EVERYBODY),
    input: z.strictObject({
      account: inputs.account,
      /** Only these; without them, all below the account. */
      accounts: z.array(inputs.account).min(1).max(MOST_EXPORTED).optional(),
      /** Only those that match, as in `search`, but all of them. */
      query: z.string().trim().min(1).max(120).optional(),
      status: statuses,
      ...filters,
      ...setUp,
      ...places,
    }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  live: subscription({
    says: 'The rows of the subtree, or of some of it, as they change.',
    needs: inAccount('account.subaccounts', 'read', 'read', EVERYBODY),
    input: z.strictObject({
      account: inputs.account,
      accounts: inputs.watched.optional(),
      childrenOf: inputs.watched.optional(),
      lastEventId: inputs.lastEventId,
    }),
    output: accountsFrame,
  }),

  rename: mutation({
    says: 'Gives the account another name.',
    needs: inAccount('account.settings', 'full', 'change', screensFor('rename')),
    input: z.strictObject({ account: inputs.account, name: inputs.name }),
    output: shapes.accountRow,
    refusals: ['NAME_INVALID', 'NAME_TAKEN'],
  }),

  setMetadata: mutation({
    says: 'Replaces the account’s free metadata.',
    needs: inAccount('account.settings', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, metadata: shapes.json }),
    output: z.strictObject({ metadata: shapes.metadata }),
    refusals: ['METADATA_TOO_LARGE'],
  }),

  previewSuspension: query({
    says: 'What suspending or closing the account would hit.',
    needs: fromAbove('account.subaccounts', 'full', 'read', screensFor('suspend', 'close')),
    input: inputs.onlyAccount,
    output: suspensionReach,
  }),

  suspend: mutation({
    says: 'Suspends the account, and thereby all below it.',
    needs: fromAbove('account.subaccounts', 'full', 'change', screensFor('suspend')),
    input: z.strictObject({
      account: inputs.account,
      kind: z.enum(SUSPENSION_KINDS).default('read_only'),
      from: inputs.instant.optional(),
      until: inputs.instant.optional(),
      reason: inputs.line(500).optional(),
    }),
    output: shapes.accountRow,
    refusals: ['SUSPENSION_INVALID', 'ALREADY_IN_STATE'],
  }),

  suspendMany: mutation({
    says: 'Suspends many accounts below one, as a job with a result for each; those that are suspended already are left as they are.',
    needs: inAccount('account.subaccounts', 'full', 'change', screensFor('suspend')),
    input: z.strictObject({
      account: inputs.account,
      accounts: z.array(inputs.account).min(1).max(MOST_IN_A_JOB),
      kind: z.enum(SUSPENSION_KINDS).default('read_only'),
      reason: inputs.line(500).optional(),
    }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  reactivateMany: mutation({
    says: 'Ends the own suspensions of many accounts below one, as a job with a result for each.',
    needs: inAccount('account.subaccounts', 'full', 'restore', screensFor('suspend')),
    input: z.strictObject({ account: inputs.account, accounts: z.array(inputs.account).min(1).max(MOST_IN_A_JOB) }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  reactivate: mutation({
    says: 'Ends the account’s own suspension.',
    needs: fromAbove('account.subaccounts', 'full', 'restore', screensFor('suspend')),
    input: inputs.onlyAccount,
    output: shapes.accountRow,
    refusals: ['ALREADY_IN_STATE', 'ACCOUNT_CLOSED'],
  }),

  close: mutation({
    says: 'Closes an account without live subaccounts; its data is kept for a time.',
    needs: fromAbove('account.subaccounts', 'full', 'change', screensFor('close')),
    input: inputs.onlyAccount,
    output: shapes.accountRow,
    refusals: ['HAS_LIVE_CHILDREN', 'PROTECTED', 'ALREADY_IN_STATE', 'TRANSFER_EXPIRED'],
  }),

  reopen: mutation({
    says: 'Opens a closed account again, as it was.',
    needs: fromAbove('account.subaccounts', 'full', 'restore', screensFor('close')),
    input: inputs.onlyAccount,
    output: shapes.accountRow,
    refusals: ['NOT_CLOSED', 'PARENT_NOT_LIVE', 'NAME_TAKEN', 'ALREADY_IN_STATE', 'LIMIT_REACHED'],
  }),

  setProtection: mutation({
    says: 'Turns the account’s protection against closing and erasing on or off.',
    needs: fromAbove('account.subaccounts', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, protection: z.enum(['on', 'off']) }),
    output: shapes.accountRow,
    refusals: ['ALREADY_IN_STATE'],
  }),

  move: mutation({
    says: 'Moves the account with its subtree under another account of the tree.',
    needs: fromAbove('account.subaccounts', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, to: inputs.account }),
    output: shapes.accountRow,
    refusals: [
      'LIMIT_REACHED',
      'MOVE_INTO_ITSELF',
      'MOVE_ACROSS_TREES',
      'MOVE_OF_ROOT',
      'PARENT_NOT_LIVE',
      'NAME_TAKEN',
      'DEPTH_EXCEEDED',
      'ALREADY_IN_STATE',
      'TRANSFER_IN_PROGRESS',
      'NESTED_TRANSFER',
    ],
  }),

  entries: query({
    says: 'Who came into the account from above, when, for how long, and how much they did; newest first.',
    needs: inAccount('account.settings', 'read', 'read', screensFor('activity')),
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(200) }),
    output: shapes.pageOf(visit),
  }),

  enter: mutation({
    says: 'Notes in the account’s log that somebody came in from above.',
    needs: reach('read', screensFor('switch')),
    input: inputs.onlyAccount,
    output: shapes.done,
  }),

  leave: mutation({
    says: 'Notes in the account’s log that they went out again.',
    needs: reach('read', screensFor('switch')),
    input: inputs.onlyAccount,
    output: shapes.done,
  }),
};

/** An account as its detail page shows it. */
export type AccountDetail = AnswerOf<typeof accounts.get>;
/** A visit to an account from above it. */
export type Visit = AnswerOf<typeof accounts.entries>['rows'][number];
/** One page of children. */
export type AccountPage = AnswerOf<typeof accounts.list>;
/** One page of matches, with the accounts between them and the one that was searched, parents before children. */
export type SearchPage = AnswerOf<typeof accounts.search>;
/** What a suspension or closing would hit: the account's whole subtree. */
export type SuspensionPreview = AnswerOf<typeof accounts.previewSuspension>;

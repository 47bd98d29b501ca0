import {
  ACQUIRED_KINDS,
  type AcquiredKindKey,
  AT_LIMIT,
  isLeaseKey,
  LIMIT_KINDS,
  type LimitKindKey,
  LONGEST_LEASE_SECONDS,
  METERED_KINDS,
  type MeteredKindKey,
  type NearFrame,
  parseDecimal,
  UNIT,
} from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import {
  type AnswerOf,
  EVERYBODY,
  fromAbove,
  inAccount,
  mutation,
  PEOPLE_AND_KEYS,
  query,
  screensFor,
  subscription,
} from './procedure.ts';
import * as shapes from './shapes.ts';

const MOST_ACCOUNTS = 500;
const MOST = 1_000_000_000;

/** A kind of limit. */
export const limitKind = z.enum(LIMIT_KINDS.map(({ key }) => key) as [LimitKindKey, ...LimitKindKey[]]);
const acquired = z.enum([...ACQUIRED_KINDS] as [AcquiredKindKey, ...AcquiredKindKey[]]);
const metered = z.enum([...METERED_KINDS] as [MeteredKindKey, ...MeteredKindKey[]]);
const atLimit = z.enum(AT_LIMIT);
const whole = z.number().int().min(0).max(MOST);
const thresholds = z.array(z.number()).max(20).readonly();

/** What is to be set of one kind; what isn't named stays. */
const change = z.strictObject({
  kind: limitKind,
  /** Null: unlimited. */
  max: whole.nullable().optional(),
  /** What of it is kept for this account, of what those above it have. */
  reserve: whole.optional(),
  /** The same from the next billing period on, of kinds that are counted by period; a reserve that is set alone stays then. */
  nextReserve: whole.optional(),
  atLimit: atLimit.optional(),
  /** Percent of the maximum. */
  thresholds: thresholds.optional(),
  /** The version that the change was made from: refused when the limit was changed meanwhile. */
  version: shapes.count.optional(),
});
const changes = z.array(change).min(1).max(LIMIT_KINDS.length);
/** The same for many accounts, of which each has versions of its own. */
const changesOfMany = z
  .array(change.omit({ version: true }))
  .min(1)
  .max(LIMIT_KINDS.length);
const versions = z.partialRecord(limitKind, shapes.count);

/** So many of what is acquired: a positive decimal, and no more than a maximum can be: more than that would be no quantity that can be added to others. */
const quantity = z
  .string()
  .max(40)
  .refine((text) => {
    const wanted = parseDecimal(text) ?? 0n;
    return wanted > 0n && wanted <= BigInt(MOST) * UNIT;
  }, `Give a positive decimal up to ${MOST}, with at most 9 digits after the point.`)
  .meta({ examples: ['1'] });
const leaseKey = inputs
  .text(1, 200)
  .refine(isLeaseKey, 'Give 1 to 200 characters, none of them a control character.')
  .meta({ examples: ['call-4711'] });
const leaseSeconds = z.number().int().min(1).max(LONGEST_LEASE_SECONDS);

/** What is set of a limit. */
export const limitTerms = {
  max: shapes.count.nullable(),
  reserve: shapes.count,
  /** From the next billing period on, where that is another. */
  nextReserve: shapes.count.optional(),
  atLimit,
  thresholds: shapes.list(z.number()),
};

/** The account whose maximum lets the least through. */
const decides = z.strictObject({
  /** Null: an account above those that the caller reaches. */
  account: shapes.accountName.nullable(),
  /** Null where the account isn't told. */
  max: shapes.decimal.nullable(),
});

const limit = z.strictObject({
  kind: limitKind,
  label: z.string(),
  ...limitTerms,
  /** What the account’s plan allows: the maximum can’t be more. Left out where no plan says so. */
  plan: shapes.count.optional(),
  /** Raised by every change; 0: nothing was ever set. */
  version: shapes.count,
  /** Own use, use of the whole subtree, and what is kept for subaccounts beside it. Null where the caller may not see usage. */
  own: shapes.decimal.nullable(),
  used: shapes.decimal.nullable(),
  held: shapes.decimal.nullable(),
  /** What subaccounts are promised in all. */
  promised: shapes.decimal,
  /** How much more there may be; null: as much as anybody likes. */
  free: shapes.decimal.nullable(),
  /** Who decides; null: nobody does. */
  decides: decides.nullable(),
  /** All whose maximum blocks, main account first: the one that decides, and those that the caller reaches. */
  bounds: shapes.list(
    z.strictObject({
      ...decides.shape,
      /** What is used there with all below, and kept for subaccounts beside it; null where the caller may not read the limits, or the usage, of that account. */
      used: shapes.decimal.nullable(),
      held: shapes.decimal.nullable(),
      /** How much more the account could take there; null where the caller may not see usage. */
      free: shapes.decimal.nullable(),
    }),
  ),
  /** Of metered kinds what the period will end with at this pace. */
  forecast: shapes.decimal.nullable(),
  /** Use stands at the maximum or above: nothing more of it is admitted, or it is only told of. False where the caller may not see usage. */
  reached: z.boolean(),
});

const defaults = shapes.list(
  z.strictObject({ kind: limitKind, max: shapes.count, atLimit, thresholds: shapes.list(z.number()) }),
);

const state = z.strictObject({
  /** The billing period of metered kinds. */
  period: z.strictObject({ start: shapes.instant, end: shapes.instant }),
  limits: shapes.list(limit),
});

const foreseen = z.strictObject({
  account: shapes.accountName,
  /** One for each change, in order. */
  limits: shapes.list(
    z.union([
      z.strictObject({
        kind: limitKind,
        before: z.strictObject(limitTerms),
        after: z.strictObject(limitTerms),
        /** Of the limit as it is. */
        version: shapes.count,
        used: shapes.decimal.nullable(),
        /** Nothing more is admitted from then on, until something is given back; null where the caller may not see usage. */
        stops: z.boolean().nullable(),
      }),
      z.strictObject({ kind: limitKind, ...shapes.entryRefused }),
    ]),
  ),
});

const nearFrame: z.core.$ZodType<NearFrame> = z.strictObject({
  ...shapes.frameBounds,
  /** Account, and whether it used 80 percent of a maximum of its own, or more. */
  near: shapes.list(z.tuple([shapes.accountId, z.boolean()]).readonly()),
});

const refusals = ['LIMIT_INVALID', 'LIMIT_PROMISED', 'RESERVE_UNAVAILABLE', 'VERSION_CONFLICT'] as const;
const manage = inAccount('account.subaccounts', 'full', 'read', screensFor('limits'));
/** As whoever records usage: what is admitted is used next. */
const admission = inAccount('billing.usage', 'full', 'usage', PEOPLE_AND_KEYS);

export const limits = {
  get: query({
    says: 'What the account may have or use of each kind, what is used and kept of it, and who decides.',
    needs: inAccount('account', 'limited', 'read', screensFor('limits')),
    input: inputs.onlyAccount,
    output: state.extend({
      /** What new subaccounts begin with. */
      defaults,
    }),
  }),

  set: mutation({
    says: 'Sets limits of a subaccount, from above; of a main account, by its owner.',
    needs: fromAbove('account.subaccounts', 'full', 'change', screensFor('limits')),
    input: z.strictObject({ account: inputs.account, limits: changes }),
    output: state.extend({
      /** What to set to have it as it was, a change for each kind: refused when somebody changed it meanwhile. */
      undo: shapes.list(z.strictObject({ kind: limitKind, version: shapes.count, ...limitTerms })),
    }),
    refusals,
  }),

  setMany: mutation({
    says: 'Sets the same limits for many accounts below one, as a job with a result for each that can be undone.',
    needs: inAccount('account.subaccounts', 'full', 'change', screensFor('limits')),
    input: z.strictObject({
      account: inputs.account,
      accounts: z.array(inputs.account).min(1).max(MOST_ACCOUNTS),
      limits: changesOfMany,
      /** What the preview told, by account id and kind: an account of which one is another by then is left as it is. */
      versions: z.record(shapes.accountId, versions).optional(),
    }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  setDefaults: mutation({
    says: 'Sets what new accounts directly below the account begin with.',
    needs: inAccount('account.subaccounts', 'full', 'change', screensFor('limits')),
    input: z.strictObject({
      account: inputs.account,
      limits: z
        .array(
          z.strictObject({
            kind: limitKind,
            max: whole.nullable(),
            atLimit: atLimit.default('block'),
            thresholds: thresholds.optional(),
          }),
        )
        .min(1)
        .max(LIMIT_KINDS.length),
    }),
    output: z.strictObject({ defaults }),
    refusals: ['LIMIT_INVALID'],
  }),

  preview: query({
    says: 'What setting limits of accounts below one would come to, and changes nothing.',
    needs: manage,
    input: z.strictObject({
      account: inputs.account,
      accounts: z.array(inputs.account).min(1).max(MOST_ACCOUNTS),
      limits: changes,
    }),
    output: z.strictObject({ accounts: shapes.list(foreseen) }),
  }),

  check: query({
    says: 'How much of what is wanted is free, without taking it.',
    needs: inAccount('account', 'limited', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, kind: limitKind, want: quantity }),
    output: z.strictObject({ free: shapes.decimal, decides: decides.nullable() }),
    refusals: ['LIMIT_INVALID'],
  }),

  acquire: mutation({
    says: 'Admits concurrent calls, or metered usage before it happens: grants what is wanted, or as much of it as is free, with a lease.',
    needs: admission,
    input: z.strictObject({
      account: inputs.account,
      kind: acquired,
      want: quantity,
      key: leaseKey,
      leaseSeconds,
      /** Of calls: the account’s phone number that is on the line. It doesn’t move as long as the lease lives. */
      number: shapes.rowId.optional(),
    }),
    output: z.strictObject({ granted: shapes.decimal }),
    refusals: ['LIMIT_REACHED', 'LIMIT_INVALID', 'USAGE_SUSPENDED', 'ACCOUNT_CLOSED'],
  }),

  renew: mutation({
    says: 'Lets a lease live longer.',
    needs: admission,
    input: z.strictObject({ account: inputs.account, key: leaseKey, leaseSeconds }),
    output: shapes.done,
    refusals: ['LEASE_LOST', 'USAGE_SUSPENDED'],
  }),

  release: mutation({
    says: 'Gives a lease back; one that has ended already is none.',
    needs: admission,
    input: z.strictObject({ account: inputs.account, kind: acquired, key: leaseKey }),
    output: shapes.done,
    refusals: ['USAGE_SUSPENDED'],
  }),

  whatIf: query({
    says: 'Whom a maximum would have stopped last month, when, and for how much.',
    needs: inAccount('billing.usage', 'full', 'read', screensFor('limits')),
    input: z.strictObject({ account: inputs.account, kind: metered, max: whole }),
    output: z.strictObject({
      period: z.strictObject({ start: shapes.instant, end: shapes.instant }),
      events: shapes.count,
      /** False: there was more usage than is looked at; it is the first of it. */
      complete: z.boolean(),
      used: shapes.decimal,
      stops: shapes.count,
      /** The first of them. */
      stopped: shapes.list(
        z.strictObject({
          account: shapes.accountName,
          at: shapes.instant,
          wanted: shapes.decimal,
          free: shapes.decimal,
        }),
      ),
    }),
  }),

  live: subscription({
    says: 'The limits of the account as they change.',
    needs: inAccount('account', 'limited', 'read', screensFor('limits')),
    input: z.strictObject({ account: inputs.account, lastEventId: inputs.lastEventId }),
    output: state,
  }),

  liveNear: subscription({
    says: 'Which accounts below come near a maximum of minutes of their own, or fall back, as they do.',
    needs: inAccount('billing.usage', 'full', 'read', EVERYBODY),
    input: z.strictObject({ account: inputs.account, lastEventId: inputs.lastEventId }),
    output: nearFrame,
  }),
};

/** What an account may have or use of one kind. */
export type Limit = AnswerOf<typeof limits.get>['limits'][number];
/** The limits of an account. */
export type LimitsState = AnswerOf<typeof limits.live>;
/** What setting limits of an account would come to. */
export type ForeseenLimits = AnswerOf<typeof limits.preview>['accounts'][number];

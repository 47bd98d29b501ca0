import { GRACE_DAYS, type RowId, TRANSFER_STAGES, TRANSFER_STATES, TRANSFER_STEPS } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { used } from './invoices.ts';
import {
  type AnswerOf,
  fromAbove,
  inAccount,
  mutation,
  type ParsedOf,
  PEOPLE,
  PEOPLE_AND_KEYS,
  proved,
  query,
  reach,
  screensFor,
  subscription,
  together,
} from './procedure.ts';
import * as shapes from './shapes.ts';

/** What it takes on the side of the parent (rules/transfer 10): at the account above, both. */
const above = together(fromAbove('account.subaccounts', 'full', 'change', screensFor('billing')), 'billing');
/** Either side: whoever has Billing in the account, from above or as its owner. */
const eitherSide = inAccount('billing', 'full', 'transfer', screensFor('billing'));
/** The child's checklist is its owner's, whatever is suspended above. */
const childsOwner = inAccount('billing', 'full', 'transfer', PEOPLE);

const step = z.enum(TRANSFER_STEPS);
const AGENCY = z.enum(['kept', 'ended']);
const COMPLETION = z.enum(['automatic', 'confirmed']);
const reason = inputs.line(500).optional();
/** What the deployment does where nobody finishes in time: everything stays as it was, or the account is suspended besides. */
const ifUnfinished = z.enum(['stay', 'suspend']);

const plan = z.strictObject({ id: z.string(), version: shapes.count, name: z.string() });
/** A plan that can be chosen, and what last month would have cost under it. */
const offer = plan.extend({
  monthlyFee: shapes.money,
  /** What was used last month in the account and below it, and by which prices it would have been. */
  used,
  /** All of that. */
  usage: shapes.money,
  total: shapes.money,
  /** Why the account can’t have it; null: it can. */
  refused: shapes.refusal.nullable(),
});

const steps = z.strictObject({
  /** Who confirmed to own the account. */
  owner: z.strictObject({ userId: shapes.userId, name: z.string() }).nullable(),
  /** The country of the billing details; the rest is the child’s. */
  details: z.strictObject({ country: z.string() }).nullable(),
  payment: z
    .strictObject({
      /** How it is paid: `invoice`, or a provider of payments. */
      provider: z.string(),
      state: z.enum(['pending', 'failed', 'set']),
      /** Null to everybody but owners of the account; and where it is not known yet, or no card. */
      card: shapes.card.nullable(),
    })
    .nullable(),
  plan: plan.nullable(),
});

const settledProduct = z.strictObject({
  product: shapes.rowId,
  kind: z.string(),
  name: z.string(),
  as: z.enum(['blank', 'take_back']),
});

const transfer = z.strictObject({
  id: shapes.rowId,
  state: z.enum(TRANSFER_STATES),
  recipient: z.string(),
  /** Whether the mail to the recipient came back. */
  mail: z.enum(['sent', 'bounced']),
  agency: AGENCY,
  completion: COMPLETION,
  message: z.string().nullable(),
  startedAt: shapes.instant,
  expiresAt: shapes.instant,
  /** When it ended, or from when on the account pays for itself; null: it is under way. */
  endedAt: shapes.instant.nullable(),
  /** What was said when it was declined or cancelled. */
  reason: z.string().nullable(),
  steps,
  /** What becomes of products that came from above, where they aren’t handed over. */
  products: shapes.list(settledProduct),
  /** What of the checklist is not done. */
  missing: shapes.list(step),
});

const ACTS = [
  'start',
  'confirmOwner',
  'setDetails',
  'setPayment',
  'choosePlan',
  'complete',
  'cancel',
  'decline',
  'extend',
  'resend',
] as const;

const state = z.strictObject({
  account: shapes.accountName,
  stage: z.enum(TRANSFER_STAGES),
  /** The stage in words. */
  badge: z.string(),
  /** The time of the server, which countdowns run by. */
  now: shapes.instant,
  /** The one under way, or the newest one that ended within 30 days. */
  transfer: transfer.nullable(),
  /** The child’s own billing details; null to everybody but its owners. */
  details: z
    .strictObject({
      country: z.string(),
      name: z.string(),
      address: shapes.list(z.string()),
      taxId: z.string().nullable(),
    })
    .nullable(),
  ifUnfinished,
  /** How accounts can pay here: `invoice`, and providers of payments. */
  ways: shapes.list(z.string()),
  /** Which of these the caller may do now. */
  may: shapes.list(z.enum(ACTS)),
});

/** Somebody who is in the account and also reaches it from above, or has something there by somebody who does. */
const leaver = z.strictObject({
  kind: z.enum(['member', 'key', 'session', 'invitation']),
  account: shapes.accountName,
  name: z.string(),
});

const preview = z.strictObject({
  account: shapes.accountName,
  /** Whether it could start now, or complete when it is under way; otherwise why not. */
  refused: shapes.refusal.nullable(),
  ifUnfinished,
  /** Everything below it goes along. */
  nested: z.strictObject({ accounts: shapes.count, sample: shapes.list(shapes.accountName) }),
  members: shapes.count,
  agents: shapes.count,
  /** Who would be invited as agency admins, if agency access is kept, and whose owners and admins they are. */
  agency: z.strictObject({
    from: shapes.accountName.nullable(),
    people: shapes.list(z.strictObject({ name: z.string(), email: z.string(), role: shapes.role })),
  }),
  /** Caps of the account that end; those below it stay. */
  caps: shapes.list(z.strictObject({ key: shapes.permissionKey, level: shapes.level })),
  /** Limits of the account that end; those below it stay. */
  limits: shapes.list(z.strictObject({ kind: z.string(), label: z.string(), max: shapes.count.nullable() })),
  /** What ends of people from above; at most 500 of them. */
  leavers: shapes.list(leaver),
  /** The price book of the account directly above, which ends: what is used until then is on a last statement. Null: it has none. */
  book: z.string().nullable(),
  /** Sites that embed screens of the account or of what is below it. */
  origins: shapes.list(z.string()),
  /** What owners of the account will see that they don’t see now. */
  newlySeen: shapes.list(z.strictObject({ key: shapes.permissionKey, before: shapes.level, after: shapes.level })),
  /** What came from above as a copy, by what it is a copy of: it is handed over, unless the start says otherwise. At most 500 of them. */
  products: shapes.list(
    z.strictObject({
      /** Above. */
      product: shapes.rowId,
      kind: z.string(),
      name: z.string(),
      /** Null: an account above those that the caller reaches. */
      from: shapes.accountName.nullable(),
      /** Accounts that have it: the account, and those below it. */
      accounts: shapes.count,
    }),
  ),
  /** The month whose real usage the prices are of. */
  month: z.string(),
  plans: shapes.list(offer),
});

const listed = z.strictObject({
  account: shapes.accountName,
  recipient: z.string(),
  mail: z.enum(['sent', 'bounced']),
  expiresAt: shapes.instant,
  missing: shapes.list(step),
});
const ended = z.strictObject({
  id: shapes.rowId,
  /** As it was called then. One that has left is not reached any more. */
  account: shapes.accountName,
  outcome: z.enum(TRANSFER_STATES).exclude(['in_progress']),
  reason: z.string().nullable(),
  agency: AGENCY,
  at: shapes.instant,
  /** Of one that has left the account that it stood directly below, which tells more of it (`departure`); null: it is still there. */
  from: shapes.accountName.nullable(),
});

const departure = z.strictObject({
  id: shapes.rowId,
  /** As it was called then. It is not reached any more. */
  account: shapes.accountName,
  /** What it stood directly below. */
  from: shapes.accountName,
  /** From then on it pays for itself. */
  at: shapes.instant,
  /** Accounts that left, itself among them; null, here and below: it left under a release that didn’t write that down. */
  accounts: shapes.count.nullable(),
  agency: AGENCY,
  /** People who were invited as agency admins. */
  invited: shapes.count.nullable(),
  /** What ended of people from above. */
  ended: z
    .strictObject({ member: shapes.count, key: shapes.count, session: shapes.count, invitation: shapes.count })
    .nullable(),
  /** What became of products that came from above, where they weren’t handed over. */
  products: shapes.list(settledProduct),
  /** Copies of those that became a blank, and that were taken back. */
  settled: z.strictObject({ blank: shapes.count, takenBack: shapes.count }).nullable(),
  /** What it used, with all that left with it, from the start of that month, or since it came there, until then. */
  used: shapes.list(
    z.strictObject({ meter: z.string(), label: z.string(), unit: z.string(), quantity: shapes.decimal }),
  ),
  /** Until when usage from before may still come, which is billed here. */
  lateUntil: shapes.instant,
});

const invited = z.strictObject({
  accountName: z.string(),
  email: z.string(),
  /** Null: whoever is above the account is not named to its people. */
  message: z.string().nullable(),
  expiresAt: shapes.instant,
  ifUnfinished,
  state: z.enum(['in_progress', 'completed']),
});

const days = z.number().int();
const UNDER_WAY = ['TRANSFER_NOT_STARTED', 'TRANSFER_EXPIRED', 'ALREADY_INDEPENDENT'] as const;
const PROVES_ADDRESS = 'Needs the secret of the invitation, which proves the address.';

export const transfers = {
  preview: query({
    says: 'What a billing transfer of the account would bring along, end and cost; nothing is changed.',
    needs: together(fromAbove('account.subaccounts', 'full', 'read', screensFor('billing')), 'billing'),
    input: inputs.onlyAccount,
    output: preview,
    refusals: ['ALREADY_INDEPENDENT', 'TRANSFER_EXPIRED'],
  }),

  start: mutation({
    says: 'Starts the billing transfer of the account: whoever is invited sets it up to pay for itself.',
    needs: proved(together(fromAbove('account.subaccounts', 'full', 'change', PEOPLE), 'billing')),
    input: z.strictObject({
      account: inputs.account,
      /** The name of the account, as a person types it to be sure. */
      name: inputs.name,
      recipient: inputs.email,
      graceDays: days.default(GRACE_DAYS.usual),
      /** Whether owners and admins of those above are invited as agency admins when it completes. */
      agency: AGENCY.default('kept'),
      /** Whether the last step completes it, or somebody has to say so. */
      completion: COMPLETION.default('automatic'),
      message: inputs.line(1_000).optional(),
      /** What becomes of products that came from above, by what they are copies of: what isn’t named is handed over. */
      products: z
        .array(
          z.strictObject({
            product: inputs.id<RowId>('product'),
            /** They stay as they are; keep their name and nothing else; or are gone. */
            as: z.enum(['hand_over', 'blank', 'take_back']),
          }),
        )
        .max(500)
        .default([]),
    }),
    output: state,
    refusals: [
      'ALREADY_INDEPENDENT',
      'NAME_MISMATCH',
      'GRACE_OUT_OF_RANGE',
      'ANCESTOR_TRANSFER',
      'NESTED_TRANSFER',
      'TRANSFER_IN_PROGRESS',
      'TRANSFER_EXPIRED',
    ],
  }),

  get: query({
    says: 'Where the account stands between being paid for and paying for itself, with the checklist.',
    needs: eitherSide,
    input: inputs.onlyAccount,
    output: state,
  }),

  list: query({
    says: 'Billing transfers below the account: those under way, and those that ended, the last 30 days first; departures among them.',
    needs: inAccount('account.subaccounts', 'read', 'read', screensFor('billing')),
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor }),
    /** With a cursor nothing that is under way. */
    output: z.strictObject({
      underWay: shapes.list(listed),
      ended: shapes.list(ended),
      nextCursor: z.string().nullable(),
    }),
  }),

  departure: query({
    says: 'An account that left the account by a billing transfer, however long ago: when, with what, and what became of what came from above.',
    needs: together(inAccount('account.subaccounts', 'read', 'read', PEOPLE_AND_KEYS), 'billing'),
    input: z.strictObject({ account: inputs.account, departure: inputs.id<RowId>('departure') }),
    output: departure,
  }),

  plans: query({
    says: 'The plans that the account can choose from, with what last month would have cost.',
    needs: eitherSide,
    input: inputs.onlyAccount,
    output: z.strictObject({ month: z.string(), plans: shapes.list(offer) }),
  }),

  confirmOwner: mutation({
    says: 'Confirms that the caller owns the account: for whoever was invited, in the account.',
    needs: reach('transfer', PEOPLE),
    input: inputs.onlyAccount,
    output: state,
    refusals: ['LIMIT_REACHED', ...UNDER_WAY],
  }),

  invitation: query({
    says: 'What the page behind the link of a billing transfer shows.',
    needs: { kind: 'public', why: PROVES_ADDRESS },
    input: z.strictObject({ token: inputs.linkSecret }),
    output: invited,
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  }),

  acceptInvitation: mutation({
    says: 'Confirms the owner by the link: as who is signed in, with the password, or as a new person.',
    needs: { kind: 'public', why: PROVES_ADDRESS },
    input: z.strictObject({
      token: inputs.linkSecret,
      name: inputs.name.optional(),
      password: inputs.password.optional(),
    }),
    output: z.strictObject({ account: shapes.accountId }),
    refusals: ['NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN', 'RATE_LIMITED', 'NAME_INVALID', 'LIMIT_REACHED', ...UNDER_WAY],
  }),

  declineInvitation: mutation({
    says: 'Declines the billing transfer by the link.',
    needs: { kind: 'public', why: PROVES_ADDRESS },
    input: z.strictObject({ token: inputs.linkSecret, reason }),
    output: shapes.done,
    refusals: ['NOT_FOUND', 'RATE_LIMITED', ...UNDER_WAY, 'TOO_LATE'],
  }),

  setDetails: mutation({
    says: 'Sets whom invoices of the account will be addressed to.',
    needs: childsOwner,
    input: z.strictObject({
      account: inputs.account,
      country: inputs.country,
      name: inputs.line(200),
      address: z.array(inputs.line(100)).max(6),
      taxId: inputs.line(40).nullable(),
    }),
    output: state,
    refusals: UNDER_WAY,
  }),

  setPayment: mutation({
    says: 'Chooses how the account will pay; what is asked of a provider of payments goes on there.',
    needs: childsOwner,
    input: z.strictObject({ account: inputs.account, provider: inputs.text(1, 40) }),
    output: z.strictObject({
      state,
      /** What the provider’s own form needs to go on; null: nothing, or it couldn’t be reached yet. */
      form: z.strictObject({ publishableKey: z.string(), clientSecret: z.string() }).nullable(),
    }),
    refusals: UNDER_WAY,
    secret: 'shown once',
  }),

  checkPayment: mutation({
    says: 'Looks at its provider how the payment method of the checklist is by now; one that is gone there has to be set again.',
    needs: childsOwner,
    input: inputs.onlyAccount,
    output: state,
  }),

  choosePlan: mutation({
    says: 'Chooses the plan that the account will have.',
    needs: childsOwner,
    input: z.strictObject({
      account: inputs.account,
      plan: inputs.text(1, 100),
      /** The version that was shown: refused when there is another one by now. */
      version: inputs.ordinal,
    }),
    output: state,
    refusals: [...UNDER_WAY, 'PLAN_UNAVAILABLE', 'PLAN_STALE'],
  }),

  complete: mutation({
    says: 'Completes the billing transfer, where that waits for somebody to say so.',
    needs: childsOwner,
    input: inputs.onlyAccount,
    output: z.strictObject({
      /** From then on the account pays for itself. */
      at: shapes.instant,
    }),
    refusals: [...UNDER_WAY, 'STEPS_MISSING', 'PLAN_UNAVAILABLE'],
  }),

  cancel: mutation({
    says: 'Ends the billing transfer; everything is as before.',
    needs: above,
    input: z.strictObject({ account: inputs.account, reason }),
    output: state,
    refusals: [...UNDER_WAY, 'TOO_LATE'],
  }),

  decline: mutation({
    says: 'Declines the billing transfer, as owner of the account; everything is as before.',
    needs: reach('transfer', PEOPLE),
    input: z.strictObject({ account: inputs.account, reason }),
    output: state,
    refusals: [...UNDER_WAY, 'TOO_LATE'],
  }),

  extend: mutation({
    says: 'Puts the end of the billing transfer off by some days.',
    needs: above,
    input: z.strictObject({ account: inputs.account, days }),
    output: state,
    refusals: [...UNDER_WAY, 'TOO_LATE', 'GRACE_OUT_OF_RANGE'],
  }),

  resend: mutation({
    says: 'Sends the invitation again, to the same address or another one; the link before is void.',
    needs: above,
    input: z.strictObject({ account: inputs.account, recipient: inputs.email.optional() }),
    output: state,
    refusals: [...UNDER_WAY, 'TOO_LATE'],
  }),

  live: subscription({
    says: 'Where the account stands, as it changes.',
    needs: eitherSide,
    input: z.strictObject({ account: inputs.account, lastEventId: inputs.lastEventId }),
    output: state,
  }),
};

/** Where an account stands between being paid for and paying for itself. */
export type TransferView = AnswerOf<typeof transfers.get>;
/** What a billing transfer would bring along, end and cost. */
export type TransferPreview = AnswerOf<typeof transfers.preview>;
/** A plan that can be chosen, with what last month would have cost. */
export type PlanOfferView = AnswerOf<typeof transfers.plans>['plans'][number];
/** What a billing transfer is started with. */
export type TransferToStart = ParsedOf<typeof transfers.start>;
/** An account that left. */
export type Departure = AnswerOf<typeof transfers.departure>;
/** Billing transfers below an account. */
export type TransferList = AnswerOf<typeof transfers.list>;

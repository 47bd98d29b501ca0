import { LONGEST_ADDRESS, MOST_ADDRESS_LINES, PLAN_SUBACCOUNTS } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, inAccount, mutation, PEOPLE, query, screensFor } from './procedure.ts';
import * as shapes from './shapes.ts';

/** Whom invoices are addressed to. */
const details = {
  country: inputs.country,
  name: inputs.line(200),
  address: z.array(inputs.line(LONGEST_ADDRESS)).max(MOST_ADDRESS_LINES),
  taxId: inputs.line(40).nullable(),
};

const tier = z.strictObject({ upTo: shapes.decimal.nullable(), price: shapes.decimal, fee: shapes.decimal });
/** What a unit of a meter costs: quantities in it, prices of one in major units of the currency. */
export const priced = {
  /** `60/60`: what each event is rounded up to before it is priced, in seconds of calls; null: it is priced as it is. */
  increments: z.string().nullable(),
  /** `flat`: one price; `package`: of a whole package of `size`; otherwise by steps. */
  model: z.enum(['flat', 'graduated', 'volume', 'package']),
  price: shapes.decimal.nullable(),
  size: shapes.decimal.nullable(),
  tiers: shapes.list(tier),
};
/** What one meter costs. */
const rates = z.strictObject({
  meter: z.string(),
  label: z.string(),
  unit: z.string(),
  included: shapes.decimal,
  ...priced,
});
const plan = z.strictObject({
  id: z.string(),
  version: shapes.count,
  name: z.string(),
  monthlyFee: shapes.money,
  rates: shapes.list(rates),
  /** Calls at one time; null: unlimited. */
  concurrent: shapes.count.nullable(),
  subaccounts: z.enum(PLAN_SUBACCOUNTS),
  /** Where it is sold; null: everywhere. */
  countries: shapes.list(z.string()).nullable(),
});

/** What the usage of a meter comes to. */
const used = z.strictObject({
  meter: z.string(),
  label: z.string(),
  unit: z.string(),
  quantity: shapes.decimal,
  included: shapes.decimal,
  amount: shapes.money,
});

const shownDetails = z.strictObject({
  country: z.string(),
  name: z.string(),
  address: shapes.list(z.string()),
  taxId: z.string().nullable(),
  version: shapes.count,
});

/** How an account pays that pays for itself. */
const payment = z.strictObject({
  /** How accounts can pay here: `invoice`, and providers of payments. */
  ways: shapes.list(z.string()),
  /** In use; null: by invoice and bank transfer. `lost`: it is gone at its provider, or expired; the same holds until another one is set. */
  method: z
    .strictObject({ provider: z.string(), state: z.enum(['set', 'lost']), card: shapes.card.nullable() })
    .nullable(),
  /** What is to take its place, as far as it is; null: nothing. */
  next: z.strictObject({ provider: z.string(), state: z.enum(['pending', 'failed']) }).nullable(),
});

const state = z.strictObject({
  /** `parent`: an account above pays for all of it; `direct`: it pays itself. */
  billingMode: z.enum(['parent', 'direct']),
  /** Who pays now; null: an account above those that the caller reaches. */
  payer: shapes.accountName.nullable(),
  /** Of an account that is paid for from above what that means, a sentence each. */
  explains: shapes.list(z.string()),
  plan: plan.extend({ since: shapes.instant }).nullable(),
  /** The plan from the next period on, where that is another one; `id` null: none. */
  next: z.strictObject({ from: shapes.instant, plan: plan.nullable() }).nullable(),
  details: shownDetails.nullable(),
  /** This period, as far as it has gone; null without a plan. */
  soFar: z
    .strictObject({
      period: z.strictObject({ key: z.string(), start: shapes.instant, end: shapes.instant }),
      fee: shapes.money,
      used: shapes.list(used),
      total: shapes.money,
    })
    .nullable(),
  /** What is in credit, by currency. */
  balance: shapes.list(shapes.money),
  /** How the account pays; null: another one pays for it. */
  payment: payment.nullable(),
});

const read = inAccount('billing', 'full', 'read', screensFor('billing'));
const change = inAccount('billing', 'full', 'change', screensFor('billing'));
/** A provider’s form is for people. */
const people = inAccount('billing', 'full', 'change', PEOPLE);

export const billing = {
  get: query({
    says: 'Who pays for the account, its plan, this period so far, its balance, and whom invoices are addressed to.',
    needs: read,
    input: inputs.onlyAccount,
    output: state,
  }),

  plans: query({
    says: 'The plans that the account can choose from.',
    needs: read,
    input: inputs.onlyAccount,
    output: z.strictObject({
      plans: shapes.list(
        plan.extend({
          /** Why the account can’t have it; null: it can. */
          refused: shapes.refusal.nullable(),
        }),
      ),
    }),
    refusals: ['PARENT_BILLED'],
  }),

  subscribe: mutation({
    says: 'Chooses a plan: the first at once, another one from the next period.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      plan: inputs.text(1, 100),
      /** The version that was shown: refused when there is another one by now. */
      version: inputs.ordinal,
    }),
    output: state,
    refusals: ['PARENT_BILLED', 'PLAN_UNAVAILABLE', 'PLAN_STALE', 'ALREADY_IN_STATE'],
  }),

  setDetails: mutation({
    says: 'Sets whom invoices of the account are addressed to.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      ...details,
      /** The version that was shown; refused when they were changed meanwhile. Absent: whatever there is. */
      version: shapes.count.optional(),
    }),
    output: z.strictObject({ details: shownDetails }),
    refusals: ['PARENT_BILLED', 'VERSION_CONFLICT'],
  }),

  setPayment: mutation({
    says: 'Chooses how the account pays: by invoice at once; through a provider of payments when that has the method, which is set up there.',
    needs: people,
    input: z.strictObject({ account: inputs.account, provider: inputs.text(1, 40) }),
    output: z.strictObject({
      state,
      /** What the provider’s own form needs to go on; null: nothing, or it couldn’t be reached yet. */
      form: z.strictObject({ publishableKey: z.string(), clientSecret: z.string() }).nullable(),
    }),
    refusals: ['PARENT_BILLED'],
    secret: 'shown once',
  }),

  checkPayment: mutation({
    says: 'Looks at its provider how the payment method is by now that the account pays by, or is to.',
    needs: people,
    input: inputs.onlyAccount,
    output: state,
    refusals: ['PARENT_BILLED'],
  }),

  payerAt: query({
    says: 'Who paid for the account at an instant.',
    needs: read,
    input: z.strictObject({ account: inputs.account, at: inputs.instant.optional() }),
    output: z.strictObject({
      at: shapes.instant,
      /** `nobody`: there was no such account yet; `above`: an account above those that the caller reaches, or one that is gone. */
      by: z.enum(['itself', 'account', 'above', 'nobody']),
      payer: shapes.accountName.nullable(),
    }),
  }),
};

/** Who pays for an account, and what. */
export type BillingState = AnswerOf<typeof billing.get>;
/** A plan as people see it. */
export type ShownPlan = z.infer<typeof plan>;

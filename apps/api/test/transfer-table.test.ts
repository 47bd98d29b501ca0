import { giveTransferLink, wakeJob } from '@tenantree/db';
import type { AccountId, RowId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TRANSFER_CASES } from '../../../packages/domain/test/transfer-cases.ts';
import { IS_LONG } from '../../../scripts/rounds.ts';
import { exportAccountsJob } from '../src/accounts/export-accounts.ts';
import { hashSecret } from '../src/hall/secrets.ts';
import { enqueue } from '../src/jobs/enqueue.ts';
import { SAMPLE_PLANS } from '../src/server/plans-file.ts';
import { doTransfersDue } from '../src/transfers/due-transfers.ts';
import { plan } from './support/billing.ts';
import { type Client, codeOf, join } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { STRIPE_KEYS, type StripeStandIn, startStripe } from './support/stripe-stand-in.ts';
import { DETAILS, stageTransfers, type TransferStage } from './support/transfer-stage.ts';

/** The account of a case, which Cleo owns, below a parent of its own. */
type Place = { readonly account: string; readonly parent: string; readonly name: string };
type Step = 'owner' | 'details' | 'payment' | 'plan';
/** What makes the situation of a case, then what happens in it. */
type Drive = (make: Making) => Promise<() => Promise<unknown>>;

const CLEO = 'cleo@example.com';
let stage: TransferStage;
let stripe: StripeStandIn;
let owner: Client;
let cleo: Client;
let eve: Client;
let n = 0;

beforeAll(async () => {
  stripe = await startStripe();
  const plans = {
    ...SAMPLE_PLANS,
    plans: [
      ...SAMPLE_PLANS.plans,
      plan('german', {}, { countries: ['DE'] }),
      plan('gone', {}),
      plan('alone', {}, { subaccounts: 'none' }),
    ],
  };
  stage = await stageTransfers({ config: { plans, stripe: { ...STRIPE_KEYS, url: stripe.url } } });
  owner = stage.api.owner;
  const elsewhere = await stage.make(stage.api.root, 'Elsewhere');
  cleo = await join(stage.api.url, owner, elsewhere, CLEO, 'viewer');
  eve = await join(stage.api.url, owner, elsewhere, 'eve@example.com', 'viewer');
});
afterAll(async () => {
  await stage.close();
  await stripe.close();
});

const intents = (): string => [...stripe.intents.keys()].at(-1) ?? '';
const owns = async (who: Client, inviter: Client, account: string, email: string): Promise<void> => {
  const { link } = await inviter.members.invite.mutate({ account, email, role: 'owner' });
  await who.members.acceptInvitation.mutate({ token: link.split('/').at(-1) ?? '' });
};
const STEPS: Readonly<Record<Step, (account: string) => Promise<unknown>>> = {
  owner: (account) => cleo.transfers.confirmOwner.mutate({ account }),
  details: (account) => cleo.transfers.setDetails.mutate({ account, ...DETAILS }),
  payment: (account) => cleo.transfers.setPayment.mutate({ account, provider: 'invoice' }),
  plan: (account) => cleo.transfers.choosePlan.mutate({ account, plan: 'business', version: 1 }),
};
const ALL: readonly Step[] = ['owner', 'details', 'payment', 'plan'];
const due = (transferExpiry: 'stay' | 'suspend' = 'stay'): Promise<void> => {
  const { hall } = stage.api.composed;
  return doTransfersDue({ ...hall, settings: { ...hall.settings, transferExpiry } }, (error) => {
    throw error;
  });
};

/** Makes what a case begins with. */
class Making {
  place: Place = { account: '', parent: '', name: '' };

  /** An account that its parent pays for. */
  async billed(): Promise<Place> {
    n += 1;
    const parent = await stage.make(stage.api.root, `Parent ${n}`);
    const name = `Account ${n}`;
    const account = await stage.make(parent, name);
    await owns(cleo, owner, account, CLEO);
    this.place = { account, parent, name };
    return this.place;
  }

  start(more: object = {}, { account, name } = this.place): Promise<unknown> {
    return owner.transfers.start.mutate({ account, name, recipient: CLEO, completion: 'confirmed', ...more });
  }

  /** One in transfer, with some steps done. */
  async begun(steps: readonly Step[] = [], more: object = {}): Promise<Place> {
    const place = await this.billed();
    await this.start(more);
    for (const step of steps) await STEPS[step](place.account);
    return place;
  }

  /** One of which everything but a step is done; with it, the transfer completes. */
  but(step: Step): Promise<Place> {
    return this.begun(
      ALL.filter((one) => one !== step),
      { completion: 'automatic' },
    );
  }

  /** One whose time is over, and nobody has come for it yet. */
  async over(steps: readonly Step[] = []): Promise<Place> {
    const place = await this.begun(steps);
    await stage.pass(place.account, 40);
    return place;
  }

  async independent(more: object = {}): Promise<Place> {
    const place = await this.begun(ALL, more);
    await cleo.transfers.complete.mutate({ account: place.account });
    return place;
  }

  /** A link in the hands of somebody. */
  async link({ account } = this.place): Promise<string> {
    const token = `tt_transfer_${account}`;
    await jobsEnded(stage.api.database);
    const { transfer } = await cleo.transfers.get.query({ account });
    const { db } = stage.api.composed.hall;
    const id = { id: (transfer?.id ?? '') as RowId, recipient: CLEO };
    await db.withTenant(account as AccountId, (trx) =>
      giveTransferLink(trx, account as AccountId, id, hashSecret(token)),
    );
    return token;
  }

  /** A card at the provider. */
  async card(state: 'pending' | 'succeeded', { account } = this.place): Promise<string> {
    await cleo.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const intent = intents();
    if (state === 'succeeded') {
      stripe.finish(intent, 'succeeded');
      await report(intent);
    }
    return intent;
  }
}

async function report(intent: string, kind = 'setup_intent.succeeded'): Promise<void> {
  const { body, signature } = stripe.report(kind, intent);
  const answer = await fetch(`${stage.api.url}/v1/payments/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body,
  });
  expect(answer.status).toBe(200);
}
const detached = (intent: string): Promise<void> =>
  vi.waitFor(() => expect(stripe.detached).toContain(`pm_${intent}`), { timeout: 15_000, interval: 25 });
const previewed = async (account: string, who: Client): Promise<void> => {
  const { refused } = await who.transfers.preview.query({ account });
  if (refused) throw Object.assign(new Error(refused.message), { code: refused.code });
};
const used = async (account: string, who: Client, at: string): Promise<void> => {
  const event = {
    meter: 'call.minutes',
    quantity: '1',
    occurredAt: at,
    idempotencyKey: `use ${account} ${at}`,
  } as const;
  const { results } = await who.usage.record.mutate({ account, events: [event] });
  expect(results).toMatchObject([{ status: 'accepted' }]);
};
const paidBy = async (account: string, at: string): Promise<string> =>
  (await cleo.billing.payerAt.query({ account, at })).by;
const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();

const billed =
  (does: (place: Place, make: Making) => Promise<unknown>): Drive =>
  async (make) => {
    const place = await make.billed();
    return () => does(place, make);
  };
const begun =
  (does: (place: Place, make: Making) => Promise<unknown>, steps: readonly Step[] = [], more: object = {}): Drive =>
  async (make) => {
    const place = await make.begun(steps, more);
    return () => does(place, make);
  };
const over =
  (does: (place: Place, make: Making) => Promise<unknown>, steps: readonly Step[] = []): Drive =>
  async (make) => {
    const place = await make.over(steps);
    return () => does(place, make);
  };
const independent =
  (does: (place: Place, make: Making) => Promise<unknown>): Drive =>
  async (make) => {
    const place = await make.independent();
    return () => does(place, make);
  };
const root =
  (does: (account: string) => Promise<unknown>): Drive =>
  async () =>
  () =>
    does(stage.api.root);
/** A transfer that ended so. */
const ended =
  (how: 'cancel' | 'decline' | 'expire', does: (place: Place, make: Making) => Promise<unknown>): Drive =>
  async (make) => {
    const place = await (how === 'expire' ? make.over() : make.begun());
    if (how === 'cancel') await owner.transfers.cancel.mutate({ account: place.account });
    if (how === 'decline') await cleo.transfers.decline.mutate({ account: place.account });
    if (how === 'expire') await due();
    return () => does(place, make);
  };
/** Chooses a plan that includes no subaccounts. */
const chooseAlone = (account: string) => cleo.transfers.choosePlan.mutate({ account, plan: 'alone', version: 1 });
/** The last step of one that completes by itself. */
const last =
  (step: Step): Drive =>
  async (make) => {
    const { account } = await make.but(step);
    return () => STEPS[step](account);
  };
/** Eve owns it, too, and takes Cleo’s role; or the other way round. */
const losing =
  (who: 'cleo' | 'eve') =>
  async ({ account }: Place): Promise<void> => {
    await owns(eve, cleo, account, 'eve@example.com');
    const [loser, by] = who === 'cleo' ? [cleo, eve] : [eve, cleo];
    const userId = (await loser.session.me.query()).user?.id ?? '';
    await by.members.setRole.mutate({ account, userId, role: 'admin' });
  };
const cancelling = ({ account }: Place) => owner.transfers.cancel.mutate({ account });
const declining = ({ account }: Place) => cleo.transfers.decline.mutate({ account, reason: 'No' });
const extending =
  (days: number) =>
  ({ account }: Place) =>
    owner.transfers.extend.mutate({ account, days });
const resending =
  (recipient?: string) =>
  ({ account }: Place) =>
    owner.transfers.resend.mutate({ account, ...(recipient && { recipient }) });
const opening = (who: () => Client) => async (_: Place, make: Making) => {
  const token = await make.link();
  await who().transfers.acceptInvitation.mutate({ token });
  await who().transfers.acceptInvitation.mutate({ token });
};
const ofRow = (row: string, cells: Readonly<Record<string, Drive>>): [string, Drive][] =>
  Object.entries(cells).map(([cell, drive]) => [`${row} | ${cell}`, drive]);
const alike = (row: string, does: (place: Place) => Promise<unknown>): [string, Drive][] =>
  ofRow(row, { parent_billed: billed(does), in_progress: begun(does), independent: independent(does) });
const withdrawn = async ({ account }: Place): Promise<void> => {
  await stage.api.database.asOwner(`UPDATE plans SET offered = false WHERE id = 'gone'`);
  await due();
  await stage.api.database.asOwner(`UPDATE plans SET offered = true WHERE id = 'gone'`);
  expect(account).not.toBe('');
};
const gone = (account: string) => cleo.transfers.choosePlan.mutate({ account, plan: 'gone', version: 1 });

const STARTS: Readonly<Record<string, Drive>> = {
  parent_billed: billed((_, make) => make.start()),
  'parent_billed | 1 day of grace': billed((_, make) => make.start({ graceDays: 1 })),
  'parent_billed | 90 days': billed((_, make) => make.start({ graceDays: 90 })),
  'parent_billed | after one that ended': ended('expire', (_, make) => make.start({ graceDays: 1 })),
  'parent_billed | another name typed': billed(({ name }, make) => make.start({ name: name.toLowerCase() })),
  'parent_billed | 0 days': billed((_, make) => make.start({ graceDays: 0 })),
  'parent_billed | 91 days': billed((_, make) => make.start({ graceDays: 91 })),
  'parent_billed | half days': billed((_, make) => make.start({ graceDays: 1.5 })),
  'parent_billed | closed': async (make) => {
    const { account } = await make.billed();
    await owner.accounts.close.mutate({ account });
    return () => make.start();
  },
  'parent_billed | suspended itself': async (make) => {
    const { account } = await make.billed();
    await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    return () => make.start();
  },
  'parent_billed | an ancestor in transfer': async (make) => {
    const { account } = await make.begun();
    const below = await stage.make(account, 'Below');
    return () => make.start({}, { account: below, name: 'Below', parent: account });
  },
  'parent_billed | a nested account in transfer': async (make) => {
    const { parent } = await make.begun();
    return () => make.start({}, { account: parent, name: `Parent ${n}`, parent: stage.api.root });
  },
  'in_progress | same key and content': async (make) => {
    const { account, name } = await make.billed();
    const call = async (): Promise<unknown> => {
      const answer = await fetch(`${stage.api.url}/trpc/transfers.start`, {
        method: 'POST',
        headers: { ...stage.api.headers, 'content-type': 'application/json', 'idempotency-key': `start ${account}` },
        body: JSON.stringify({ account, name, recipient: CLEO }),
      });
      expect(answer.status).toBe(200);
      return answer.json();
    };
    const first = await call();
    return async () => expect(await call()).toEqual(first);
  },
  'in_progress | another key': begun((_, make) => make.start()),
  'in_progress | other content': begun((_, make) => make.start({ graceDays: 29 })),
  'in_progress | the end has come': over((_, make) => make.start()),
  independent: independent(({ account, name }) => cleo.transfers.start.mutate({ account, name, recipient: CLEO })),
};

const CHECKLIST: readonly [string, Drive][] = [
  ...ofRow('step: owner confirmed', {
    parent_billed: billed(({ account }) => STEPS.owner(account)),
    'in_progress | the invited address': begun(({ account }) => STEPS.owner(account)),
    'in_progress | again': begun(({ account }) => STEPS.owner(account), ['owner']),
    'in_progress | last step': last('owner'),
    'in_progress | another address': begun(({ account }) => owner.transfers.confirmOwner.mutate({ account })),
    'in_progress | the end has come': over(({ account }) => STEPS.owner(account)),
    'independent | of that transfer': independent(({ account }) => STEPS.owner(account)),
    'independent | otherwise': root((account) => owner.transfers.confirmOwner.mutate({ account })),
  }),
  ...ofRow('step: billing details', {
    parent_billed: billed(({ account }) => STEPS.details(account)),
    in_progress: begun(({ account }) => STEPS.details(account)),
    'in_progress | again': begun(
      ({ account }) => cleo.transfers.setDetails.mutate({ account, ...DETAILS, country: 'AT' }),
      ['details'],
    ),
    'in_progress | last step': last('details'),
    'in_progress | the plan is not sold there': async (make) => {
      const { account } = await make.begun(['details', 'payment']);
      await cleo.transfers.choosePlan.mutate({ account, plan: 'german', version: 1 });
      return () => cleo.transfers.setDetails.mutate({ account, ...DETAILS, country: 'AT' });
    },
    'in_progress | the end has come': over(({ account }) => STEPS.details(account)),
    independent: independent(({ account }) => STEPS.details(account)),
  }),
  ...ofRow('step: payment method', {
    parent_billed: billed(({ account }) => STEPS.payment(account)),
    in_progress: begun(({ account }) => STEPS.payment(account)),
    'in_progress | another one before': async (make) => {
      const { account } = await make.begun();
      const intent = await make.card('succeeded');
      return async () => {
        await STEPS.payment(account);
        await detached(intent);
      };
    },
    'in_progress | last step': last('payment'),
    'in_progress | the provider is not done': async (make) => {
      await make.but('payment');
      return () => make.card('pending');
    },
    'in_progress | the end has come': over(({ account }) => STEPS.payment(account)),
    independent: independent(({ account }) => STEPS.payment(account)),
  }),
  ...ofRow('step: plan chosen', {
    parent_billed: billed(({ account }) => STEPS.plan(account)),
    in_progress: begun(({ account }) => STEPS.plan(account)),
    'in_progress | last step': last('plan'),
    'in_progress | last step, to be confirmed': begun(
      ({ account }) => STEPS.plan(account),
      ['owner', 'details', 'payment'],
    ),
    'in_progress | not offered': begun(({ account }) =>
      cleo.transfers.choosePlan.mutate({ account, plan: 'nothing', version: 1 }),
    ),
    'in_progress | the end has come': over(({ account }) => STEPS.plan(account)),
    independent: independent(({ account }) => STEPS.plan(account)),
  }),
  ...ofRow('complete', {
    parent_billed: billed(({ account }) => cleo.transfers.complete.mutate({ account })),
    'in_progress | all four steps': begun(({ account }) => cleo.transfers.complete.mutate({ account }), ALL),
    'in_progress | some missing': begun(({ account }) => cleo.transfers.complete.mutate({ account }), ['details']),
    'in_progress | payment method pending': async (make) => {
      const { account } = await make.begun(['owner', 'details', 'plan']);
      await make.card('pending');
      return () => cleo.transfers.complete.mutate({ account });
    },
    'in_progress | suspended itself': begun(async ({ account }) => {
      await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
      await cleo.transfers.complete.mutate({ account });
    }, ALL),
    'in_progress | subaccounts the plan doesn’t have': begun(async ({ account }) => {
      await chooseAlone(account);
      await stage.make(account, 'Made since then');
      await cleo.transfers.complete.mutate({ account });
    }, ALL),
    'in_progress | the end has come': over(({ account }) => cleo.transfers.complete.mutate({ account }), ALL),
    'independent | of that transfer': independent(async ({ account }) => {
      const first = await cleo.transfers.complete.mutate({ account });
      expect(await cleo.transfers.complete.mutate({ account })).toEqual(first);
    }),
    'independent | otherwise': root((account) => owner.transfers.complete.mutate({ account })),
  }),
];

const ENDS: readonly [string, Drive][] = [
  ...ofRow('cancel', {
    'parent_billed | this one was cancelled': ended('cancel', cancelling),
    'parent_billed | otherwise': billed(cancelling),
    'parent_billed | this one expired': ended('expire', cancelling),
    in_progress: begun(cancelling),
    'in_progress | steps done': begun(cancelling, ALL),
    'in_progress | the end has come': over(cancelling),
    independent: independent(({ account }) => cleo.transfers.cancel.mutate({ account })),
  }),
  ...ofRow('decline', {
    'parent_billed | this one was declined': ended('decline', declining),
    'parent_billed | otherwise': billed(declining),
    in_progress: begun(declining, ALL),
    'in_progress | the end has come': over(declining),
    independent: independent(declining),
  }),
  ...ofRow('extend', {
    parent_billed: billed(extending(10)),
    in_progress: begun(extending(10)),
    'in_progress | to 90 days from now': begun(extending(60)),
    'in_progress | to more': begun(extending(61)),
    'in_progress | 0 days': begun(extending(0)),
    'in_progress | 91 days': begun(extending(91)),
    'in_progress | the end has come': over(extending(10)),
    independent: independent(({ account }) => cleo.transfers.extend.mutate({ account, days: 10 })),
  }),
  ...ofRow('expire (timer)', {
    parent_billed: billed(() => due()),
    'in_progress | the end has come': over(() => due()),
    'in_progress | steps done': over(() => due(), ALL),
    'in_progress | the deployment suspends': over(async ({ account }) => {
      await due('suspend');
      expect((await owner.accounts.get.query({ account })).status).toBe('suspended');
    }),
    'in_progress | earlier': begun(() => due()),
    independent: independent(() => due()),
  }),
  ...ofRow('reminder 7, 3, 1 days', {
    parent_billed: billed(() => due()),
    'in_progress | due': begun(async ({ account }) => {
      await stage.pass(account, 24);
      await due();
      expect(await reminders(account)).toBe(1);
    }),
    'in_progress | sent before': begun(async ({ account }) => {
      await stage.pass(account, 24);
      await due();
      await due();
      expect(await reminders(account)).toBe(1);
    }),
    'in_progress | earlier': begun(async ({ account }) => {
      await stage.pass(account, 22);
      await due();
      expect(await reminders(account)).toBe(0);
    }),
    independent: independent(() => due()),
  }),
  ...ofRow('resend, or other recipient', {
    parent_billed: billed(resending()),
    'in_progress | the same address': begun(resending(), ALL),
    'in_progress | another address': begun(resending('bob@example.com'), ALL),
    'in_progress | the end has come': over(resending()),
    independent: independent(({ account }) => cleo.transfers.resend.mutate({ account })),
  }),
  ...ofRow('token used', {
    parent_billed: async (make) => {
      const place = await make.begun();
      const token = await make.link();
      await cancelling(place);
      return () => cleo.transfers.acceptInvitation.mutate({ token });
    },
    'in_progress | by the person, once or twice': begun(
      opening(() => cleo),
      ['owner'],
    ),
    'in_progress | by somebody else': begun(opening(() => eve)),
    'in_progress | replaced': begun(async (place, make) => {
      const token = await make.link();
      await resending()(place);
      await cleo.transfers.acceptInvitation.mutate({ token });
    }),
    'in_progress | the end has come': begun(async ({ account }, make) => {
      const token = await make.link();
      await stage.pass(account, 40);
      await cleo.transfers.acceptInvitation.mutate({ token });
    }),
    'independent | by a member': async (make) => {
      const { account } = await make.begun(ALL);
      const token = await make.link();
      await cleo.transfers.complete.mutate({ account });
      return () => cleo.transfers.acceptInvitation.mutate({ token });
    },
    'independent | otherwise': async (make) => {
      const { account } = await make.begun(ALL);
      const token = await make.link();
      await cleo.transfers.complete.mutate({ account });
      return () => owner.transfers.acceptInvitation.mutate({ token });
    },
  }),
];
const reminders = async (account: string): Promise<number> =>
  (
    await stage.api.database.asOwner(`SELECT FROM journal WHERE target_id = $1 AND kind = 'transfer.reminded'`, [
      account,
    ])
  ).length;

const LOSSES: readonly [string, Drive][] = [
  ...ofRow('owner who confirmed loses the role', {
    parent_billed: billed(losing('cleo')),
    in_progress: begun(losing('cleo'), ALL),
    'in_progress | another owner': begun(losing('eve'), ALL),
    independent: independent(losing('cleo')),
  }),
  ...ofRow('chosen plan can’t be had any more', {
    parent_billed: billed(withdrawn),
    in_progress: async (make) => {
      const place = await make.begun(['details', 'payment']);
      await gone(place.account);
      return () => withdrawn(place);
    },
    'in_progress | another plan': begun(withdrawn, ALL),
    independent: async (make) => {
      const place = await make.begun(['owner', 'details', 'payment']);
      await gone(place.account);
      await cleo.transfers.complete.mutate({ account: place.account });
      return async () => {
        await withdrawn(place);
        expect((await cleo.billing.get.query({ account: place.account })).plan).toMatchObject({
          id: 'gone',
          version: 1,
        });
      };
    },
  }),
  ...ofRow('provider reports, late or again', {
    parent_billed: async (make) => {
      await make.begun();
      const intent = await make.card('succeeded');
      await cancelling(make.place);
      return async () => {
        await report(intent);
        await detached(intent);
      };
    },
    'in_progress | pending before': async (make) => {
      await make.begun();
      const intent = await make.card('pending');
      return () => {
        stripe.finish(intent, 'succeeded');
        return report(intent);
      };
    },
    'in_progress | last step': async (make) => {
      await make.but('payment');
      return () => make.card('succeeded');
    },
    'in_progress | again': async (make) => {
      await make.begun();
      const intent = await make.card('succeeded');
      return () => report(intent);
    },
    'in_progress | that it failed': async (make) => {
      const { account } = await make.begun();
      const intent = await make.card('pending');
      return async () => {
        stripe.finish(intent, 'failed');
        await report(intent, 'setup_intent.setup_failed');
        expect((await cleo.transfers.get.query({ account })).transfer?.steps.payment?.state).toBe('failed');
      };
    },
    'in_progress | of an older transfer': async (make) => {
      await make.begun();
      const older = await make.card('pending');
      await cancelling(make.place);
      await make.start();
      const present = await make.card('succeeded');
      return async () => {
        stripe.finish(older, 'succeeded');
        await report(older);
        await detached(older);
        expect(stripe.detached).not.toContain(`pm_${present}`);
      };
    },
    'in_progress | of a replaced method': async (make) => {
      const { account } = await make.begun();
      const replaced = await make.card('pending');
      await STEPS.payment(account);
      return async () => {
        stripe.finish(replaced, 'succeeded');
        await report(replaced);
        await detached(replaced);
      };
    },
    independent: async (make) => {
      const { account } = await make.begun(['owner', 'details', 'plan']);
      const intent = await make.card('succeeded');
      await cleo.transfers.complete.mutate({ account });
      return async () => {
        await report(intent);
        expect(stripe.detached).not.toContain(`pm_${intent}`);
      };
    },
  }),
  ...ofRow('provider unreachable', {
    in_progress: async (make) => {
      await make.begun();
      return () => whileDown(() => make.card('pending'));
    },
    'in_progress | pending before': async (make) => {
      await make.begun();
      return () =>
        whileDown(async () => {
          await make.card('pending');
          await make.card('pending');
        });
    },
  }),
];
const whileDown = async (work: () => Promise<unknown>): Promise<void> => {
  stripe.mode = 'down';
  await work().finally(() => (stripe.mode = 'well'));
};

const AROUND: readonly [string, Drive][] = [
  ...ofRow('moved by the parent', {
    parent_billed: billed(({ account }) => owner.accounts.move.mutate({ account, to: stage.api.root })),
    in_progress: begun(({ account }) => owner.accounts.move.mutate({ account, to: stage.api.root })),
    independent: independent(async ({ account }) => {
      const { account: below } = await cleo.accounts.create.mutate({ account, name: 'Below' });
      await cleo.accounts.move.mutate({ account, to: below.id });
    }),
  }),
  ...alike('ancestor moved', async ({ parent }) => {
    const to = await stage.make(stage.api.root, `Over parent ${n}`);
    await owner.accounts.move.mutate({ account: parent, to });
  }),
  ...alike('ancestor starts its transfer', ({ parent }) =>
    owner.transfers.start.mutate({ account: parent, name: `Parent ${n}`, recipient: CLEO }),
  ),
  ...ofRow('ancestor completes its transfer', {
    parent_billed: billed(async ({ parent, account }) => {
      await completeParent(parent);
      expect((await cleo.accounts.get.query({ account })).path[0]?.id).toBe(parent);
    }),
    independent: independent(({ parent }) => completeParent(parent)),
  }),
  ...ofRow('nested account starts', {
    parent_billed: billed(({ account }) => startBelow(owner, account)),
    in_progress: begun(({ account }) => startBelow(owner, account)),
    independent: independent(({ account }) => startBelow(cleo, account)),
  }),
  ...alike('parent or ancestor suspended', ({ parent }) =>
    owner.accounts.suspend.mutate({ account: parent, kind: 'read_only' }),
  ),
  ...ofRow('account itself suspended', {
    parent_billed: billed(({ account }) => owner.accounts.suspend.mutate({ account, kind: 'read_only' })),
    in_progress: begun(({ account }) => owner.accounts.suspend.mutate({ account, kind: 'read_only' })),
    independent: independent(({ account }) => cleo.accounts.suspend.mutate({ account, kind: 'read_only' })),
  }),
  ...alike('parent closed', ({ parent }) => owner.accounts.close.mutate({ account: parent })),
  ...ofRow('account closed', {
    parent_billed: billed(({ account }) => owner.accounts.close.mutate({ account })),
    in_progress: begun(({ account }) => owner.accounts.close.mutate({ account }), ALL),
    'in_progress | the end has come': over(({ account }) => owner.accounts.close.mutate({ account })),
    independent: independent(async ({ account }) => {
      await cleo.accounts.close.mutate({ account });
      const [{ to } = { to: null }] = await stage.api.database.asOwner<{ to: Date | null }>(
        'SELECT valid_to AS to FROM subscriptions WHERE account_id = $1',
        [account],
      );
      expect(to).not.toBeNull();
    }),
  }),
  ...ofRow('reopened or erased', {
    parent_billed: billed(async ({ account }) => {
      await owner.accounts.close.mutate({ account });
      await owner.accounts.reopen.mutate({ account });
    }),
    independent: independent(async ({ account }) => {
      await cleo.accounts.close.mutate({ account });
      await cleo.accounts.reopen.mutate({ account });
    }),
  }),
  ...ofRow('usage', {
    parent_billed: billed(async ({ account }) => {
      const at = new Date().toISOString();
      await used(account, owner, at);
      expect(await paidBy(account, at)).toBe('above');
    }),
    in_progress: begun(async ({ account }) => {
      const at = new Date().toISOString();
      await used(account, owner, at);
      expect(await paidBy(account, at)).toBe('above');
    }),
    'independent | from the instant on': independent(async ({ account }) => {
      const { at } = await cleo.transfers.complete.mutate({ account });
      await used(account, cleo, at);
      expect(await paidBy(account, at)).toBe('itself');
    }),
    'independent | a main account from the beginning': root(async (account) => {
      const at = new Date().toISOString();
      await used(account, owner, at);
      expect((await owner.billing.payerAt.query({ account, at })).by).toBe('itself');
    }),
    'independent | before it': independent(async ({ account }) => {
      const before = later((await cleo.transfers.complete.mutate({ account })).at, -1);
      await used(account, cleo, before);
      expect(await paidBy(account, before)).toBe('above');
    }),
  }),
];
async function completeParent(parent: string): Promise<void> {
  await owns(cleo, owner, parent, CLEO);
  const wish = { account: parent, name: `Parent ${n}`, recipient: CLEO, completion: 'confirmed' } as const;
  await owner.transfers.start.mutate(wish);
  for (const step of ALL) await STEPS[step](parent);
  await cleo.transfers.complete.mutate({ account: parent });
}
async function startBelow(by: Client, account: string): Promise<unknown> {
  const { account: below } = await by.accounts.create.mutate({ account, name: 'Below' });
  return by.transfers.start.mutate({ account: below.id, name: 'Below', recipient: CLEO });
}

const DRIVES: ReadonlyMap<string, Drive> = new Map([
  ...ofRow('preview', {
    parent_billed: billed(({ account }) => previewed(account, owner)),
    in_progress: begun(({ account }) => previewed(account, owner), ALL),
    'in_progress | the end has come': over(({ account }) => previewed(account, owner), ALL),
    independent: independent(({ account }) => previewed(account, cleo)),
  }),
  ...ofRow('start', STARTS),
  ...CHECKLIST,
  ...ENDS,
  ...LOSSES,
  ...AROUND,
]);

/** Cells that nothing from outside leads to, or that have tests of their own, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'reminder 7, 3, 1 days | in_progress | of an end that was moved': 'what is due is asked of the end that is stored',
  'reminder 7, 3, 1 days | in_progress | the end has come': 'the end is what is due then',
  'provider reports, late or again | in_progress | of this transfer': 'what was begun is pending before it is reported',
  'provider unreachable | parent_billed': 'no provider is asked without a transfer',
  'provider unreachable | in_progress | set before': 'what is set is not asked for again',
  'provider unreachable | independent': 'no provider is asked for a transfer that is over',
  'ancestor completes its transfer | in_progress': 'it can’t begin: one along a chain',
  'reopened or erased | in_progress': 'closing ends the transfer',
  'parent unpaid': 'nothing is done to accounts that owe (rules/money)',
  'invited back under a parent': 'a later issue',
  'invitation bounced': 'transfer-links.test',
  'payment method fails or is removed': 'payments.test',
};
/** What is refused before the rules are asked. */
const IN_OTHER_WORDS: Readonly<Record<string, string>> = {
  'start | parent_billed | half days': '✗ BAD_REQUEST',
};

const nameOf = ({ row, stage: at, when }: (typeof TRANSFER_CASES)[number]): string =>
  [row, at, when].filter((part) => part !== '').join(' | ');
const cells = TRANSFER_CASES.map((one) => ({ ...one, cell: nameOf(one) }));
/** One cell of each row and stage: with every change these go through the server, and through the rules all of them do (transfer.test.ts of domain). */
const first = new Set(
  cells.filter((one, index) => index === cells.findIndex(({ row, stage: at }) => row === one.row && at === one.stage)),
);
const stepsOf = ({ transfer }: { transfer: { steps: object } | null }): Readonly<Record<string, unknown>> => ({
  ...transfer?.steps,
});
/** The code that a call is refused with; null: it isn’t. */
async function outcomeOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    const isOurs = error instanceof Error && 'code' in error && typeof error.code === 'string';
    return isOurs ? String(error.code) : codeOf(call);
  }
}

describe('Every cell of the table of transfers (rules/transfer), through the server', () => {
  it('is driven here, or says why not', () => {
    const missing = cells.filter(({ cell, row }) => !DRIVES.has(cell) && !ELSEWHERE[cell] && !ELSEWHERE[row]);
    expect(missing.map(({ cell }) => cell)).toEqual([]);
    const names = new Set(cells.map(({ cell }) => cell));
    expect([...DRIVES.keys()].filter((cell) => !names.has(cell))).toEqual([]);
  });

  it.each(cells.filter((one) => DRIVES.has(one.cell) && (IS_LONG || first.has(one))))(
    '$cell: $outcome',
    async ({ cell, outcome }) => {
      const make = new Making();
      const drive = DRIVES.get(cell) ?? expect.fail();
      const happen = await drive(make);
      const { account } = make.place;
      const view = () => (account === '' ? null : cleo.transfers.get.query({ account }));
      const before = await view();
      const code = await outcomeOf(happen());
      const after = await view();
      const expected = IN_OTHER_WORDS[cell] ?? outcome;
      if (expected.startsWith('✗')) {
        expect(code).toBe(expected.slice(2));
        // Nothing was written; but its own end is seen by then.
        if (before?.transfer && after?.transfer) expect(after.transfer.state).toBe(before.transfer.state);
        return;
      }
      expect(code).toBeNull();
      if (before === null || after === null) return;
      const [what = '', effects = ''] = expected.split('; ');
      if (effects.includes('complete') && !what.startsWith('→')) return stage.independent(cleo, account);
      for (const part of what.split(', ')) {
        const [step = '', done = ''] = part.split(' ');
        if (part.startsWith('→')) expect(after.stage).toBe(part.slice(2));
        else if (['set', 'replaced'].includes(done)) expect(stepsOf(after)[step]).toBeTruthy();
        else if (done === 'cleared') expect(stepsOf(after)[step]).toBeFalsy();
        else if (part === '=') expect(after.stage).toBe(before.stage);
      }
    },
  );
});

describe('Two parents who click at once', () => {
  it('start one transfer: the other is told that it is under way', async () => {
    const make = new Making();
    await make.billed();
    const other = await join(stage.api.url, owner, stage.api.root, `second-${n}@example.com`, 'owner');
    const wish = { account: make.place.account, name: make.place.name, recipient: CLEO };
    const both = await Promise.all([owner, other].map((by) => outcomeOf(by.transfers.start.mutate(wish))));
    expect(both.filter((code) => code !== null)).toEqual(['TRANSFER_IN_PROGRESS']);
  });
});

describe('A transfer that a suspension kept from completing', () => {
  it('completes by itself when that is lifted, or has ended by the clock', async () => {
    for (const ends of ['lifted', 'over'] as const) {
      const make = new Making();
      const { account } = await make.but('plan');
      await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
      await STEPS.plan(account);
      await jobsEnded(stage.api.database);
      await due();
      expect((await cleo.transfers.get.query({ account })).stage).toBe('in_progress');
      if (ends === 'lifted') await owner.accounts.reactivate.mutate({ account });
      else
        await stage.api.database.asOwner(`UPDATE accounts SET suspended_until = now() - interval '1 s' WHERE id = $1`, [
          account,
        ]);
      await Promise.all([due(), due()]);
      expect((await cleo.transfers.get.query({ account })).stage).toBe('independent');
    }
  });
});

describe('A transfer whose plan includes no subaccounts, when one was made since', () => {
  it('completes neither by its last step nor by the clock: the plan has to be chosen again, and then it does', async () => {
    const make = new Making();
    const { account } = await make.begun(['owner', 'details'], { completion: 'automatic' });
    await chooseAlone(account);
    await stage.make(account, 'Below');
    await STEPS.payment(account);
    await jobsEnded(stage.api.database);
    expect((await cleo.transfers.get.query({ account })).stage).toBe('in_progress');
    const view = () => cleo.transfers.get.query({ account });
    await due();
    expect(await view()).toMatchObject({ stage: 'in_progress', transfer: { missing: ['plan'] } });
    await stage.mailTo(CLEO, `The plan of “${make.place.name}” has to be chosen again`);
    await due();
    expect(await codeOf(chooseAlone(account))).toBe('PLAN_UNAVAILABLE');
    await STEPS.plan(account);
    await stage.independent(cleo, account);
  });
});

describe('The plan of an account that has left', () => {
  it('bounds its calls at one time from that instant, and what was promised below (rules/limits 21)', async () => {
    const make = new Making();
    const { account, parent } = await make.begun(['owner', 'details', 'payment']);
    const below = await stage.make(account, 'Promised');
    const set = (who: Client, at: string, limit: { max?: number | null; reserve?: number }) =>
      who.limits.set.mutate({ account: at, limits: [{ kind: 'calls', ...limit }] });
    await set(owner, parent, { max: 200 });
    await set(owner, account, { max: 100, reserve: 50 });
    await set(owner, below, { reserve: 30 });
    await STEPS.plan(account);
    await cleo.transfers.complete.mutate({ account });
    const calls = async (who: Client, at: string) =>
      (await who.limits.get.query({ account: at })).limits.find(({ kind }) => kind === 'calls');
    expect(await calls(cleo, account)).toMatchObject({ max: 20, plan: 20, reserve: 0, promised: '0', held: '0' });
    expect(await calls(cleo, below)).toMatchObject({ max: null, reserve: 0 });
    expect(await calls(owner, parent)).toMatchObject({ max: 200, promised: '0', held: '0' });
    expect(await codeOf(set(cleo, account, { max: 21 }))).toBe('LIMIT_INVALID');
    const call = { account: below, kind: 'calls', key: 'one', leaseSeconds: 60 } as const;
    expect(await codeOf(cleo.limits.acquire.mutate({ ...call, want: '21' }))).toBe('LIMIT_REACHED');
    await cleo.limits.acquire.mutate({ ...call, want: '20' });
  });
});

describe('What was asked for from above and is not done yet', () => {
  it('ends at its next step when the account has left', async () => {
    const { hall } = stage.api.composed;
    const make = new Making();
    const place = await make.begun(ALL);
    const account = place.account as AccountId;
    const user = (await owner.session.me.query()).user ?? expect.fail('she is signed in');
    const actor = { kind: 'person', id: user.id, name: user.name, via: null } as const;
    const by = { actor, user: user.id, key: null, requestId: null };
    const job = await hall.change(by, { root: stage.api.root as AccountId, acting: account }, async (change) => {
      const payload = { only: null, statuses: ['active' as const], visibility: 'without_minutes' as const };
      const id = await enqueue(hall, change, exportAccountsJob, { by, account, items: [{ payload }] });
      // An hour later, as if servers were busy until then.
      await wakeJob(change.trx, { account, job: id ?? expect.fail('there is one') }, 3_600_000);
      return id ?? expect.fail('there is one');
    });
    await cleo.transfers.complete.mutate({ account });
    await hall.db.withTenant(account, (trx) => wakeJob(trx, { account, job }, 0));
    await vi.waitFor(
      async () => expect((await cleo.jobs.get.query({ account, job })).job.state).not.toMatch(/queued|running/),
      { timeout: 15_000, interval: 25 },
    );
    expect(await cleo.jobs.get.query({ account, job })).toMatchObject({ job: { state: 'failed', done: 0 } });
  });
});

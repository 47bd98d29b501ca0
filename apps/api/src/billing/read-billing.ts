import type { BillingState } from '@tenantree/contract';
import {
  findBillingDetails,
  readAccountState,
  readBalance,
  readPayerMethods,
  readPlan,
  readSubscriptions,
  type Subscription,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  billingPeriodOf,
  findCurrency,
  type Instant,
  isExpired,
  type PayerMethod,
  type PayerMethods,
  type PlanVersion,
  quoted,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { methodOf } from '../payments/payments.ts';
import { shownMoney, shownPlan } from './shown-plan.ts';
import { readSoFar } from './so-far.ts';

/** An account whose billing is read, and whom of those above it its reader may know. */
export type BillingReader = Pick<Access, 'id' | 'name' | 'reached'> & {
  readonly chain: readonly { readonly id: AccountId; readonly name: string; readonly payerId: AccountId }[];
};

/** Who pays for an account, and what: as it is now. */
export const billingOf = (hall: Hall, reader: BillingReader): Promise<BillingState> =>
  hall.db.withTenant(reader.id, (trx) => readBilling(hall, trx, reader, nowOf(hall)), { snapshot: true });

/** The same, inside a transaction of the account. */
export async function readBilling(
  hall: Hall,
  trx: TenantTransaction,
  reader: BillingReader,
  now: Instant,
): Promise<BillingState> {
  const account =
    (await readAccountState(trx, reader.id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account');
  const payer = reader.chain.find(({ id }) => id === account.payerId);
  const isKnown = payer !== undefined && reader.reached.includes(payer.id);
  const shown = { payer: isKnown ? { id: payer.id, name: payer.name } : null };
  const details = await findBillingDetails(trx, account.id);
  if (account.billingMode === 'parent') {
    const explains = explained(account.name, isKnown ? quoted(payer.name) : 'an account above it');
    const none = { plan: null, next: null, soFar: null, balance: [], payment: null };
    return { billingMode: 'parent', ...shown, explains, details, ...none };
  }
  const subscriptions = await readSubscriptions(trx, account.id);
  const present = runningAt(subscriptions, now);
  // Whoever chose another plan and then this one again has no change before them.
  const next = subscriptions.find(({ from, plan }) => from > now && !(present && isSamePlan(plan, present.plan)));
  const stored = present && (await readPlan(trx, present.plan));
  const nextPlan = next && (await readPlan(trx, next.plan));
  const balance = await readBalance(trx, account.id);
  return {
    billingMode: 'direct',
    ...shown,
    explains: [],
    plan: present && stored ? { ...shownPlan(stored), since: present.from } : null,
    next: next && nextPlan ? { from: next.from, plan: shownPlan(nextPlan) } : null,
    details,
    soFar:
      present && stored ? await readSoFar(trx, account.id, { present, stored, period: billingPeriodOf(now) }) : null,
    balance: [...balance].flatMap(([code, minor]) => {
      const currency = findCurrency(code);
      return currency ? [shownMoney(currency, minor)] : [];
    }),
    payment: { ways: hall.payments.keys, ...shownMethods(await readPayerMethods(trx, account.id), now) },
  };
}

const isSamePlan = (one: PlanVersion, other: PlanVersion): boolean =>
  one.id === other.id && one.version === other.version;

/** How an account pays. A card that has expired is lost, whether or not its provider has said so. */
function shownMethods({ inUse, next }: PayerMethods, now: Instant) {
  const providerOf = ({ method }: PayerMethod): string => methodOf(method).provider;
  const isSet = inUse?.state === 'set' && !(inUse.card && isExpired(inUse.card, now));
  return {
    method: inUse && {
      provider: providerOf(inUse),
      state: isSet ? ('set' as const) : ('lost' as const),
      card: inUse.card,
    },
    next: next && {
      provider: providerOf(next),
      state: next.state === 'failed' ? ('failed' as const) : ('pending' as const),
    },
  };
}

/** The subscription that runs at an instant. */
export const runningAt = (subscriptions: readonly Subscription[], at: Instant): Subscription | null =>
  subscriptions.find(({ from, to }) => from <= at && (to === null || to > at)) ?? null;

/** What it means to be paid for from above, a sentence each. */
const explained = (account: string, payer: string): string[] => [
  `${quoted(account)} is paid for by ${payer}: its usage is on the invoices that go there.`,
  'So it has no plan, no invoices, no payment method and no billing details of its own.',
  'That changes with a billing transfer, which the account above starts.',
];

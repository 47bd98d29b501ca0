import { findTransfer, type JobAsker, readAccountState } from '@tenantree/db';
import type { AccountId, Card, PaymentState, RowId } from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { act } from '../hall/transfer/act.ts';
import { providerOf } from '../payments/payer.ts';
import {
  keptMethod,
  methodOf,
  type PaymentBegun,
  type PaymentProvider,
  ProviderAway,
  REFERENCE,
  stateNow,
} from '../payments/payments.ts';

type Account = { readonly id: AccountId; readonly root: AccountId };

/**
 * Chooses how an account will pay. What is asked of a provider is asked outside of any transaction; a provider that can't be reached is asked
 * again by a job, and the step waits as pending (rules/transfer 12).
 *
 * @returns what the provider's own form needs to go on; null: nothing, or not yet
 * @throws Refused BAD_REQUEST, and as the table of rules/transfer says
 */
export async function setPayment(
  hall: Hall,
  by: JobAsker,
  account: Account,
  key: string,
): Promise<PaymentBegun['form']> {
  const provider = providerOf(hall, key);
  const found = await hall.db.withTenant(account.id, (trx) => findTransfer(trx, account.id), { snapshot: true });
  const transfer = found?.transfer;
  const present = transfer?.steps.payment;
  if (transfer && present?.state === 'pending' && methodOf(present.method).provider === key)
    return beginOrWait(hall, by, account, { transfer: transfer.id, method: present.method, over: 'itself' });
  const reference = `${REFERENCE}${hall.newId()}`;
  const method = keptMethod(provider, reference);
  // Without one under way nothing is asked of a provider: the rules say no.
  if (transfer?.state !== 'in_progress') {
    await hall.change(by, { root: account.root, acting: account.root }, (scope) =>
      act(hall, scope, by, account.id, { event: 'setPayment', method, state: 'pending' }),
    );
    return null;
  }
  return beginOrWait(hall, by, account, { transfer: transfer.id, method, over: 'any' });
}

type Begun = {
  readonly transfer: RowId;
  readonly method: string;
  /** What it replaces: a choice that was just made `any`, one that was made before only `itself`, as long as it is waited for. */
  readonly over: 'any' | 'itself';
};

/** The same; where the provider can't be reached the step is pending, and a job asks again. */
async function beginOrWait(hall: Hall, by: JobAsker, account: Account, what: Begun): Promise<PaymentBegun['form']> {
  try {
    return await beginPayment(hall, by, account, what);
  } catch (error) {
    if (!(error instanceof ProviderAway)) throw error;
    await note(hall, by, account, what, { event: 'providerUnreachable', method: what.method });
    return null;
  }
}

/**
 * Begins a payment method at its provider, or goes on with it, and stores how far it is. One that nobody waits for by then is taken away.
 *
 * @param what its kept name: of ours, or of the provider's
 * @throws ProviderAway
 */
export async function beginPayment(
  hall: Hall,
  by: JobAsker,
  account: Account,
  what: Begun,
): Promise<PaymentBegun['form']> {
  const { provider: key, method } = methodOf(what.method);
  const provider = providerOf(hall, key);
  const begun = await begin(hall, provider, account.id, what.transfer, method);
  const kept = keptMethod(provider, begun.method);
  const state = begun.state === 'set' ? 'set' : 'pending';
  const isKept = await note(hall, by, account, what, { event: 'setPayment', method: kept, state }, begun);
  if (isKept) return begun.form;
  await provider.detach(begun.method);
  return null;
}

async function begin(
  hall: Hall,
  provider: PaymentProvider,
  id: AccountId,
  transfer: RowId,
  method: string,
): Promise<PaymentBegun> {
  if (!method.startsWith(REFERENCE) && provider.key !== method) return provider.resume(method);
  const { stored, name } = await hall.db.withTenant(
    id,
    async (trx) => ({
      stored: await findTransfer(trx, id),
      name: (await readAccountState(trx, id))?.name ?? '',
    }),
    { snapshot: true },
  );
  return provider.begin({
    reference: method,
    account: id,
    transfer,
    accountName: name,
    email: stored?.transfer.recipient ?? '',
    customer: stored?.customer ?? null,
  });
}

type Reported = Extract<Parameters<typeof act>[4], { readonly event: 'setPayment' | 'providerUnreachable' }>;

/** @returns whether it is the one that is waited for */
async function note(
  hall: Hall,
  by: JobAsker,
  { id, root }: Account,
  { transfer, method, over }: Begun,
  event: Reported,
  { customer, card }: Pick<PaymentBegun, 'customer' | 'card'> = { customer: null, card: null },
): Promise<boolean> {
  return hall.change(by, { root, acting: root }, async (scope) => {
    const stored = await findTransfer(scope.trx, id);
    if (stored?.transfer.id !== transfer) return false;
    const { payment } = stored.transfer.steps;
    // What a report has set meanwhile stays: this answer may be from before it.
    const isBegun = event.event === 'setPayment' && payment?.method === event.method;
    if (isBegun && (payment.state === event.state || payment.state === 'set')) return true;
    // Another one was chosen while the provider was asked; or this one is begun already, under the name that it has there.
    if (over === 'itself' && payment?.method !== method) return payment?.method === event.method;
    await act(hall, scope, by, id, event, { card, ...(customer !== null && { customer }) });
    return true;
  });
}

/**
 * Stores how the method is by now that the checklist of an account has: whoever was at the provider's form needs no report of it. One that is gone
 * there has to be set again.
 *
 * @throws ProviderAway
 */
export async function checkPayment(hall: Hall, by: JobAsker, account: Account): Promise<void> {
  const found = await hall.db.withTenant(account.id, (trx) => findTransfer(trx, account.id), { snapshot: true });
  const kept = found?.transfer.steps.payment?.method;
  if (found?.transfer.state !== 'in_progress' || kept === undefined) return;
  const { provider: key, method } = methodOf(kept);
  if (method.startsWith(REFERENCE)) return;
  const provider = providerOf(hall, key);
  const read = await provider.resume(method);
  await reportPayment(hall, by, account, {
    transfer: found.transfer.id,
    method: kept,
    state: stateNow(read, nowOf(hall)),
    card: read.card,
  });
}

/** What a provider says of a method of a checklist. */
export type ReportedPayment = {
  readonly transfer: RowId;
  readonly method: string;
  readonly state: PaymentState;
  readonly card: Card | null;
};

/** Stores what became of a method of a checklist: one that is set or failed, and one that is lost, which has to be set again. */
export async function reportPayment(
  hall: Hall,
  by: JobAsker,
  { id, root }: Account,
  { transfer, method, state, card }: ReportedPayment,
): Promise<void> {
  if (state === 'pending') return;
  await hall.change(by, { root, acting: root }, async (scope) => {
    const stored = await findTransfer(scope.trx, id);
    if (stored?.transfer.id !== transfer || stored.transfer.state !== 'in_progress') return;
    if (state === 'lost') await act(hall, scope, by, id, { event: 'paymentLost', method }, { card: null });
    else await act(hall, scope, by, id, { event: 'providerReported', transfer, method, state }, { card });
  });
}

import { findTransfer, type JobAsker, readAccountState } from '@tenantree/db';
import { type AccountId, quoted, type RowId } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { keptMethod, methodOf, type PaymentBegun, type PaymentProvider, ProviderAway } from '../payments/payments.ts';
import { act } from './act.ts';

type Account = { readonly id: AccountId; readonly root: AccountId };

/** What is begun under a name of ours, until the provider has one of its own for it. */
const REFERENCE = 'ref_';

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
  const provider =
    hall.payments.find(key) ??
    refuseWith('BAD_REQUEST', `Accounts pay here by ${hall.payments.keys.map(quoted).join(', ')}.`, 'provider');
  const found = await hall.db.withTenant(account.id, (trx) => findTransfer(trx, account.id), { snapshot: true });
  const transfer = found?.transfer;
  const present = transfer?.steps.payment;
  if (transfer && present?.state === 'pending' && methodOf(present.method).provider === key)
    return beginPayment(hall, by, account, { transfer: transfer.id, method: present.method });
  const reference = `${REFERENCE}${hall.newId<RowId>()}`;
  const method = keptMethod(provider, reference);
  // Without one under way nothing is asked of a provider: the rules say no.
  if (transfer?.state !== 'in_progress') {
    await hall.change(by, { root: account.root, acting: account.root }, (scope) =>
      act(hall, scope, by, account.id, { event: 'setPayment', method, state: 'pending' }),
    );
    return null;
  }
  return beginPayment(hall, by, account, { transfer: transfer.id, method });
}

/**
 * Begins a payment method at its provider, or goes on with it, and stores how far it is.
 *
 * @param what its kept name: of ours, or of the provider's
 */
export async function beginPayment(
  hall: Hall,
  by: JobAsker,
  account: Account,
  what: { readonly transfer: RowId; readonly method: string },
): Promise<PaymentBegun['form']> {
  const { provider: key, method } = methodOf(what.method);
  const provider = hall.payments.find(key) ?? refuseWith('BAD_REQUEST', 'There is no such provider.', 'provider');
  const begun = await begin(hall, provider, account.id, what.transfer, method).catch((error: unknown) => {
    if (error instanceof ProviderAway) return null;
    throw error;
  });
  if (begun === null) {
    await note(hall, by, account, what.transfer, { event: 'providerUnreachable', method: what.method });
    return null;
  }
  const kept = keptMethod(provider, begun.method);
  const state = begun.state === 'set' ? 'set' : 'pending';
  await note(hall, by, account, what.transfer, { event: 'setPayment', method: kept, state }, begun.customer);
  return begun.form;
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

async function note(
  hall: Hall,
  by: JobAsker,
  { id, root }: Account,
  transfer: RowId,
  event: Reported,
  customer: string | null = null,
): Promise<void> {
  await hall.change(by, { root, acting: root }, async (scope) => {
    const stored = await findTransfer(scope.trx, id);
    // What was begun for one that has ended is nobody's: whoever made it takes it away.
    if (stored?.transfer.id !== transfer) return;
    const { payment } = stored.transfer.steps;
    if (event.event === 'setPayment' && payment?.method === event.method && payment.state === event.state) return;
    await act(hall, scope, by, id, event, customer === null ? {} : { customer });
  });
}

import { findTransfer, readAccountState, readMembers, readPayerMethods, writePayerMethods } from '@tenantree/db';
import { type AccountId, decidePayerMethod, type PayerMethod, type PayerMethodEvent, quoted } from '@tenantree/domain';
import type { By, Change } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { orderJob } from '../hall/transfer/order-job.ts';
import {
  keptMethod,
  methodOf,
  methodWords,
  type PaymentBegun,
  type PaymentProvider,
  ProviderAway,
  REFERENCE,
  stateNow,
} from './payments.ts';

/** A main account: its own tree’s root. */
type Payer = { readonly id: AccountId; readonly root: AccountId };

/** The provider of a key. @throws Refused BAD_REQUEST */
export const providerOf = (hall: Hall, key: string): PaymentProvider =>
  hall.payments.find(key) ??
  refuseWith('BAD_REQUEST', `Accounts pay here by ${hall.payments.keys.map(quoted).join(', ')}.`, 'provider');

/**
 * Lets something happen to how an account pays, inside a change of its tree, with all that goes with it: what is to be taken away is ordered,
 * and its owners are told of a method that is gone (rules/money 25). Nothing changes: nothing is said of it.
 */
async function happens(hall: Hall, scope: Change, id: AccountId, event: PayerMethodEvent): Promise<void> {
  const before = await readPayerMethods(scope.trx, id);
  const { methods, detach, happened } = decidePayerMethod(before, event);
  if (methods === before && detach.length === 0) return;
  const about =
    (happened === 'removed'
      ? before.inUse
      : happened === 'set' || happened === 'lost'
        ? methods.inUse
        : methods.next) ??
    before.next ??
    before.inUse;
  const method = methodWords(about ?? { method: detach[0] ?? '', card: null });
  await note(scope, id, method, happened ?? about?.state ?? 'removed');
  await writePayerMethods(scope.trx, id, methods, scope.now);
  await orderJob(hall, scope, 'payments.detach', { account: id, items: detach.map((one) => ({ method: one })) });
  if (happened !== 'lost') return;
  const owners = (await readMembers(scope.trx, id)).filter(({ role }) => role === 'owner');
  const { name } = await scope.account(id);
  const items = owners.map(({ userId }) => ({ to: { user: userId, member: id }, name, method }));
  await orderJob(hall, scope, 'payments.tellLost', { account: id, items });
}

async function note(scope: Change, id: AccountId, method: string, state: string): Promise<void> {
  const { name } = await scope.account(id);
  scope.happened('billing.paymentChanged', id, { account: name, method, state }, { id, name });
  scope.shows([id]);
}

/**
 * Chooses how an account pays that pays for itself. Through a provider it goes on paying as before until that has the method; by invoice, at
 * once. What is asked of a provider is asked outside of any transaction; one that can't be reached is asked again by a job.
 *
 * @returns what the provider's own form needs to go on; null: nothing, or not yet
 * @throws Refused BAD_REQUEST
 */
export async function setPayerMethod(hall: Hall, by: By, payer: Payer, key: string): Promise<PaymentBegun['form']> {
  const provider = providerOf(hall, key);
  if (provider.key === 'invoice') {
    await hall.change(by, { root: payer.root, acting: payer.id }, (scope) =>
      happens(hall, scope, payer.id, { event: 'removed' }),
    );
    return null;
  }
  const reference = keptMethod(provider, `${REFERENCE}${hall.newId()}`);
  // Apart: with an idempotency key the tree would be kept waiting until the provider has answered.
  const method = await hall.db.apart(() =>
    hall.change(by, { root: payer.root, acting: payer.id }, async (scope) => {
      const { next } = await readPayerMethods(scope.trx, payer.id);
      // Going on is going on with the same.
      if (next?.state === 'pending' && methodOf(next.method).provider === key) return next.method;
      await happens(hall, scope, payer.id, { event: 'chosen', method: reference });
      return reference;
    }),
  );
  try {
    return await beginPayerMethod(hall, by, payer, method);
  } catch (error) {
    if (!(error instanceof ProviderAway)) throw error;
    await hall.change(by, { root: payer.root, acting: payer.id }, async (scope) => {
      await note(scope, payer.id, key, 'the provider is asked again');
      await orderJob(hall, scope, 'payments.begin', { account: payer.id, items: [{ transfer: null, method }] });
    });
    return null;
  }
}

/** Begins at its provider what an account is to pay by, or goes on with it, and stores how far it is. @throws ProviderAway */
export async function beginPayerMethod(
  hall: Hall,
  by: By,
  payer: Payer,
  reference: string,
): Promise<PaymentBegun['form']> {
  const { provider: key, method } = methodOf(reference);
  const provider = providerOf(hall, key);
  const begun = method.startsWith(REFERENCE)
    ? await provider.begin(await setupOf(hall, payer.id, method))
    : await provider.resume(method);
  await hall.change(by, { root: payer.root, acting: payer.id }, (scope) =>
    happens(hall, scope, payer.id, {
      event: 'begun',
      reference,
      method: keptMethod(provider, begun.method),
      state: stateNow(begun, nowOf(hall)),
      card: begun.card,
      customer: begun.customer,
    }),
  );
  return begun.form;
}

/** Stores how a method is by now that an account pays by, or is to. @throws ProviderAway */
export async function checkPayerMethod(hall: Hall, by: By, payer: Payer): Promise<void> {
  const { inUse, next } = await hall.db.withTenant(payer.id, (trx) => readPayerMethods(trx, payer.id));
  const kept = (next ?? inUse)?.method;
  if (kept === undefined) return;
  const { provider, method } = methodOf(kept);
  if (method.startsWith(REFERENCE)) return;
  const found = await providerOf(hall, provider).resume(method);
  await reportPayerMethod(hall, by, payer, { method: kept, state: stateNow(found, nowOf(hall)), card: found.card });
}

/** Stores what became of a method. */
export const reportPayerMethod = (
  hall: Hall,
  by: By,
  payer: Payer,
  found: Pick<PayerMethod, 'method' | 'state' | 'card'>,
): Promise<void> =>
  hall.change(by, { root: payer.root, acting: payer.id }, (scope) =>
    happens(hall, scope, payer.id, { event: 'reported', ...found }),
  );

/** What a provider is told of who pays. */
const setupOf = (hall: Hall, id: AccountId, reference: string) =>
  hall.db.withTenant(
    id,
    async (trx) => {
      const { inUse, next } = await readPayerMethods(trx, id);
      const customer = next?.customer ?? inUse?.customer ?? (await findTransfer(trx, id))?.customer ?? null;
      const owner = (await readMembers(trx, id)).find(({ role }) => role === 'owner');
      const accountName = (await readAccountState(trx, id))?.name ?? '';
      return { reference, account: id, transfer: null, accountName, email: owner?.email ?? '', customer };
    },
    { snapshot: true },
  );

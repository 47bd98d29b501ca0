import { findTransfer, findTransferOfPayment, readTreeOf } from '@tenantree/db';
import { SYSTEM } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { act } from '../hall/transfer/act.ts';
import { THE_SYSTEM } from '../jobs/enqueue.ts';
import { keptMethod } from '../payments/payments.ts';
import type { StripeProvider, StripeReport } from '../payments/stripe.ts';
import type { App } from '../wire/calls.ts';
import { BODY_BYTES, readBytes } from '../wire/read-json.ts';

/** Where Stripe reports what became of payment methods. */
export const STRIPE_PATH = '/v1/payments/stripe';

/**
 * Takes reports of Stripe by their signature. A report only says where to look: it may come twice, late and out of order, and how the method is
 * by now is read from Stripe itself.
 */
export const stripeRoute =
  (hall: Hall, stripe: StripeProvider) =>
  (app: App): void => {
    app.post(STRIPE_PATH, async (call) => {
      call.set('route', STRIPE_PATH);
      const body = await readBytes(call.req.raw, BODY_BYTES.unrecognised);
      const report = stripe.reportOf(body, call.req.header('stripe-signature') ?? '');
      if (report === null) return refuseWith('UNAUTHORIZED', 'This is not signed as Stripe signs.');
      if (report !== 'ignored') await heed(hall, stripe, report);
      return call.json({ received: true });
    });
  };

/** Stores what became of a method that is waited for; one that nobody waits for is taken away. */
async function heed(hall: Hall, stripe: StripeProvider, { method }: StripeReport): Promise<void> {
  const { state, account: begunFor } = await stripe.read(method);
  // Others may use the same account of Stripe, other deployments too: what was begun there is theirs.
  if (state === 'pending' || begunFor === null || (await readTreeOf(hall.db, begunFor)) === null) return;
  const kept = keptMethod(stripe, method);
  const found = await findTransferOfPayment(hall.db, kept);
  // Its transfer has ended otherwise, or another method was chosen.
  if (!found) return stripe.detach(method);
  const { root, account, id } = found;
  await hall.change(SYSTEM, { root, acting: root }, async (scope) => {
    const stored = await findTransfer(scope.trx, account);
    if (stored?.transfer.state === 'in_progress')
      await act(hall, scope, THE_SYSTEM, account, { event: 'providerReported', transfer: id, method: kept, state });
  });
}

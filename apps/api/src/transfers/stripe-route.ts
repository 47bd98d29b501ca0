import { findPayerOfPayment, findTransferOfPayment, readTreeOf } from '@tenantree/db';
import { SYSTEM } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { THE_SYSTEM } from '../jobs/enqueue.ts';
import { reportPayerMethod } from '../payments/payer.ts';
import { keptMethod, stateNow } from '../payments/payments.ts';
import type { StripeProvider, StripeReport } from '../payments/stripe.ts';
import type { App } from '../wire/calls.ts';
import { BODY_BYTES, readBytes } from '../wire/read-json.ts';
import { reportPayment } from './set-payment.ts';

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

/** Stores what became of the methods that a report is about. */
async function heed(hall: Hall, stripe: StripeProvider, report: StripeReport): Promise<void> {
  for (const method of await stripe.methodsOf(report)) await heedMethod(hall, stripe, method);
}

/** Stores what became of a method that somebody pays by, or waits for; one that nobody does is taken away. */
async function heedMethod(hall: Hall, stripe: StripeProvider, method: string): Promise<void> {
  const read = await stripe.read(method);
  const { card, account: begunFor } = read;
  const state = stateNow(read, nowOf(hall));
  // Others may use the same account of Stripe, other deployments too: what was begun there is theirs.
  if (state === 'pending' || begunFor === null || (await readTreeOf(hall.db, begunFor)) === null) return;
  const kept = keptMethod(stripe, method);
  const payer = await findPayerOfPayment(hall.db, kept);
  if (payer) {
    await reportPayerMethod(hall, SYSTEM, { id: payer.account, root: payer.root }, { method: kept, state, card });
    return;
  }
  const found = await findTransferOfPayment(hall.db, kept);
  if (found) {
    const { account: id, root, id: transfer } = found;
    await reportPayment(hall, THE_SYSTEM, { id, root }, { transfer, method: kept, state, card });
    return;
  }
  // Its transfer has ended otherwise, or another method was chosen.
  if (state !== 'lost') await stripe.detach(method);
}

import type Stripe from 'stripe';
import { type PaymentBegun, type PaymentProvider, type PaymentState, ProviderAway } from './payments.ts';

/** How a deployment reaches Stripe; all of it comes from its configuration. */
export type StripeSettings = {
  readonly secretKey: string;
  readonly publishableKey: string;
  /** Signs what Stripe reports. */
  readonly webhookSecret: string;
  /** Where Stripe is reached, where that is said: a stand-in of tests. */
  readonly url: string | null;
};

/** Longest that a call waits for Stripe (ms). The step waits as pending then, and a job asks again. */
const PATIENCE_MS = 10_000;

/** What Stripe reports that is looked at: whatever else it says is taken note of by looking at the object itself. */
const REPORTED = new Set(['setup_intent.succeeded', 'setup_intent.setup_failed', 'setup_intent.canceled']);

/** A report as far as it is believed: which method to look at. How that is, is read anew, since reports come in any order. */
export type StripeReport = { readonly id: string; readonly method: string };

/** Stripe as a way to pay, and as somebody who reports. */
export type StripeProvider = PaymentProvider & {
  /** How a method is now, and whether it was begun here: others may use the same account of Stripe. @throws ProviderAway */
  read(method: string): Promise<{ readonly state: PaymentState; readonly isOurs: boolean }>;
  /** Reads a signed report; null: it is not from Stripe, or too old. `ignored`: about something else. */
  reportOf(body: Uint8Array, signature: string): StripeReport | 'ignored' | null;
  /** @throws Error when Stripe refuses the key; ProviderAway when it can't be reached */
  check(): Promise<void>;
};

/** Opens Stripe with its SDK, which is loaded only where a deployment uses it. */
export async function openStripe({
  secretKey,
  publishableKey,
  webhookSecret,
  url,
}: StripeSettings): Promise<StripeProvider> {
  const { default: Sdk } = await import('stripe');
  const at = url === null ? null : new URL(url);
  const stripe = new Sdk(secretKey, {
    timeout: PATIENCE_MS,
    // Asked again by jobs, which outlive a server.
    maxNetworkRetries: 0,
    telemetry: false,
    ...(at && { host: at.hostname, port: at.port, protocol: at.protocol === 'https:' ? 'https' : 'http' }),
  });
  const { errors } = Sdk;
  /** @throws ProviderAway instead of whatever says that Stripe is away */
  const asking = async <T>(ask: Promise<T>): Promise<T> => {
    try {
      return await ask;
    } catch (error) {
      const isAway =
        error instanceof errors.StripeConnectionError ||
        error instanceof errors.StripeAPIError ||
        error instanceof errors.StripeRateLimitError;
      if (isAway) throw new ProviderAway(error.message, { cause: error });
      throw error;
    }
  };
  const begun = (intent: Stripe.SetupIntent, customer: string | null): PaymentBegun => ({
    method: intent.id,
    state: stateOf(intent),
    customer,
    form:
      intent.client_secret === null || stateOf(intent) === 'set'
        ? null
        : { publishableKey, clientSecret: intent.client_secret },
  });
  return {
    key: 'stripe',
    begin: async ({ reference, account, transfer, accountName, email, customer: known }) => {
      const customer =
        known ??
        (
          await asking(
            stripe.customers.create(
              { name: accountName, email, metadata: { account } },
              { idempotencyKey: `customer-${reference}` },
            ),
          )
        ).id;
      const intent = await asking(
        stripe.setupIntents.create(
          { customer, usage: 'off_session', metadata: { account, transfer } },
          { idempotencyKey: `setup-${reference}` },
        ),
      );
      return begun(intent, customer);
    },
    resume: async (method) => {
      const intent = await asking(stripe.setupIntents.retrieve(method));
      return begun(intent, idOf(intent.customer));
    },
    read: async (method) => {
      const intent = await asking(stripe.setupIntents.retrieve(method));
      return { state: stateOf(intent), isOurs: intent.metadata?.['transfer'] !== undefined };
    },
    detach: async (method) => {
      if (!method.startsWith('seti_')) return;
      const intent = await asking(stripe.setupIntents.retrieve(method));
      const attached = idOf(intent.payment_method);
      if (attached !== null) await asking(gone(stripe.paymentMethods.detach(attached), errors));
      else if (intent.status !== 'succeeded' && intent.status !== 'canceled')
        await asking(gone(stripe.setupIntents.cancel(method), errors));
    },
    reportOf: (body, signature) => {
      try {
        const event = stripe.webhooks.constructEvent(Buffer.from(body), signature, webhookSecret);
        if (!REPORTED.has(event.type) || !('id' in event.data.object)) return 'ignored';
        return { id: event.id, method: String(event.data.object.id) };
      } catch (error) {
        if (error instanceof errors.StripeSignatureVerificationError) return null;
        throw error;
      }
    },
    check: async () => {
      await asking(stripe.balance.retrieve());
    },
  };
}

/** What was taken away before is away. */
async function gone(work: Promise<unknown>, errors: typeof Stripe.errors): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof errors.StripeInvalidRequestError)) throw error;
  }
}

const idOf = (of: string | { readonly id: string } | null): string | null =>
  of === null || typeof of === 'string' ? of : of.id;

function stateOf({ status, last_setup_error }: Stripe.SetupIntent): PaymentState {
  if (status === 'succeeded') return 'set';
  return status === 'canceled' || (status === 'requires_payment_method' && last_setup_error !== null)
    ? 'failed'
    : 'pending';
}

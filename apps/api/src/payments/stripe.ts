import { type AccountId, parseAccountId } from '@tenantree/domain';
import type { Stripe } from 'stripe';
import {
  type PaymentBegun,
  type PaymentProvider,
  type PaymentSetup,
  type PaymentState,
  ProviderAway,
} from './payments.ts';

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

/** A report as far as it is believed: which method to look at. How that is, is read anew, since reports come in any order. */
export type StripeReport = { readonly id: string; readonly method: string };

/** Stripe as a way to pay, and as somebody who reports. */
export type StripeProvider = PaymentProvider & {
  /** How a method is now, and for which account it was begun; null: for none of Tenantree. @throws ProviderAway */
  read(method: string): Promise<{ readonly state: PaymentState; readonly account: AccountId | null }>;
  /** Reads a signed report; null: it is not from Stripe, or too old. `ignored`: about something else. */
  reportOf(body: Uint8Array, signature: string): StripeReport | 'ignored' | null;
  /** @throws Error when Stripe refuses the key; ProviderAway when it can't be reached */
  check(): Promise<void>;
};

/** Opens Stripe with its SDK, which is loaded only where a deployment uses it. */
export async function openStripe(settings: StripeSettings): Promise<StripeProvider> {
  const { Stripe: Sdk } = await import('stripe');
  const at = settings.url === null ? null : new URL(settings.url);
  const sdk = new Sdk(settings.secretKey, {
    timeout: PATIENCE_MS,
    // Asked again by jobs, which outlive a server.
    maxNetworkRetries: 0,
    telemetry: false,
    ...(at && { host: at.hostname, port: at.port, protocol: at.protocol === 'https:' ? 'https' : 'http' }),
  });
  return new StripePayments(sdk, Sdk.errors, settings);
}

class StripePayments implements StripeProvider {
  readonly key = 'stripe';
  readonly #sdk: Stripe;
  readonly #errors: typeof Stripe.errors;
  readonly #settings: StripeSettings;

  constructor(sdk: Stripe, errors: typeof Stripe.errors, settings: StripeSettings) {
    this.#sdk = sdk;
    this.#errors = errors;
    this.#settings = settings;
  }

  async begin({
    reference,
    account,
    transfer,
    accountName,
    email,
    customer: known,
  }: PaymentSetup): Promise<PaymentBegun> {
    const customer = known ?? (await this.#newCustomer(reference, { name: accountName, email, metadata: { account } }));
    const intent = await this.#asking(
      this.#sdk.setupIntents.create(
        { customer, usage: 'off_session', metadata: { account, transfer } },
        { idempotencyKey: `setup-${reference}` },
      ),
    );
    return this.#begun(intent, customer);
  }

  async resume(method: string): Promise<PaymentBegun> {
    const intent = await this.#asking(this.#sdk.setupIntents.retrieve(method));
    return this.#begun(intent, idOf(intent.customer));
  }

  async read(method: string): Promise<{ readonly state: PaymentState; readonly account: AccountId | null }> {
    const intent = await this.#asking(this.#sdk.setupIntents.retrieve(method));
    return { state: stateOf(intent), account: parseAccountId(intent.metadata?.['account'] ?? '') };
  }

  async detach(method: string): Promise<void> {
    // One that was never begun there has nothing to be taken away.
    if (!method.startsWith('seti_')) return;
    const intent = await this.#asking(this.#sdk.setupIntents.retrieve(method));
    const attached = idOf(intent.payment_method);
    if (attached !== null) await this.#gone(this.#sdk.paymentMethods.detach(attached));
    else if (intent.status !== 'succeeded' && intent.status !== 'canceled')
      await this.#gone(this.#sdk.setupIntents.cancel(method));
  }

  reportOf(body: Uint8Array, signature: string): StripeReport | 'ignored' | null {
    try {
      const event = this.#sdk.webhooks.constructEvent(Buffer.from(body), signature, this.#settings.webhookSecret);
      const { type, data } = event;
      const isReport =
        type === 'setup_intent.succeeded' || type === 'setup_intent.setup_failed' || type === 'setup_intent.canceled';
      return isReport ? { id: event.id, method: data.object.id } : 'ignored';
    } catch (error) {
      if (error instanceof this.#errors.StripeSignatureVerificationError) return null;
      throw error;
    }
  }

  async check(): Promise<void> {
    await this.#asking(this.#sdk.balance.retrieve());
  }

  async #newCustomer(reference: string, customer: Stripe.CustomerCreateParams): Promise<string> {
    const made = this.#sdk.customers.create(customer, { idempotencyKey: `customer-${reference}` });
    return (await this.#asking(made)).id;
  }

  #begun(intent: Stripe.SetupIntent, customer: string | null): PaymentBegun {
    const state = stateOf(intent);
    const { client_secret: clientSecret } = intent;
    const { publishableKey } = this.#settings;
    const form = clientSecret === null || state === 'set' ? null : { publishableKey, clientSecret };
    return { method: intent.id, state, customer, form };
  }

  /** @throws ProviderAway instead of whatever says that Stripe is away */
  async #asking<T>(ask: Promise<T>): Promise<T> {
    try {
      return await ask;
    } catch (error) {
      const { StripeConnectionError, StripeAPIError, StripeRateLimitError } = this.#errors;
      if (
        error instanceof StripeConnectionError ||
        error instanceof StripeAPIError ||
        error instanceof StripeRateLimitError
      )
        throw new ProviderAway(error.message, { cause: error });
      throw error;
    }
  }

  /** What was taken away before is away. */
  async #gone(work: Promise<unknown>): Promise<void> {
    try {
      await this.#asking(work);
    } catch (error) {
      if (!(error instanceof this.#errors.StripeInvalidRequestError)) throw error;
    }
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

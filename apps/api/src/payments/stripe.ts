import { type AccountId, type Card, type PaymentState, parseAccountId } from '@tenantree/domain';
import type { Stripe } from 'stripe';
import {
  type PageSources,
  type PaymentBegun,
  type PaymentProvider,
  type PaymentSetup,
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

/** What the form of Stripe needs in a page, as its documentation has it: card data goes to its frames, and never to ours. */
const STRIPE_SOURCES: PageSources = {
  scripts: ['https://js.stripe.com', 'https://*.js.stripe.com'],
  frames: ['https://js.stripe.com', 'https://*.js.stripe.com', 'https://hooks.stripe.com'],
  connections: ['https://api.stripe.com'],
};

/** Longest that a call waits for Stripe (ms). The step waits as pending then, and a job asks again. */
const PATIENCE_MS = 10_000;

/** A report as far as it is believed: what to look at, a setup or a card. How that is, is read anew, since reports come in any order. */
export type StripeReport = { readonly id: string; readonly of: 'setup' | 'card'; readonly object: string };

/** Stripe as a way to pay, and as somebody who reports. */
export type StripeProvider = PaymentProvider & {
  /** How a method is now, and for which account it was begun; null: for none of Tenantree. @throws ProviderAway */
  read(method: string): Promise<PaymentBegun & { readonly account: AccountId | null }>;
  /** The methods that a report is about: of a card all that it was set up by. @throws ProviderAway */
  methodsOf(report: StripeReport): Promise<readonly string[]>;
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
  readonly sources = STRIPE_SOURCES;
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
        {
          customer,
          usage: 'off_session',
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          metadata: { account, ...(transfer && { transfer }) },
        },
        { idempotencyKey: `setup-${reference}` },
      ),
    );
    return this.#begun(intent, customer);
  }

  resume(method: string): Promise<PaymentBegun> {
    return this.read(method);
  }

  async read(method: string): Promise<PaymentBegun & { readonly account: AccountId | null }> {
    const intent = await this.#asking(this.#sdk.setupIntents.retrieve(method, { expand: ['payment_method'] }));
    const account = parseAccountId(intent.metadata?.['account'] ?? '');
    return { ...this.#begun(intent, idOf(intent.customer)), account };
  }

  async methodsOf({ of, object }: StripeReport): Promise<readonly string[]> {
    if (of === 'setup') return [object];
    const { data } = await this.#asking(this.#sdk.setupIntents.list({ payment_method: object, limit: 100 }));
    return data.map(({ id }) => id);
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
      switch (event.type) {
        case 'setup_intent.succeeded':
        case 'setup_intent.setup_failed':
        case 'setup_intent.canceled':
          return { id: event.id, of: 'setup', object: event.data.object.id };
        case 'payment_method.detached':
        case 'payment_method.updated':
        case 'payment_method.automatically_updated':
          return { id: event.id, of: 'card', object: event.data.object.id };
        default:
          return 'ignored';
      }
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
    const isDone = state === 'set' || state === 'lost';
    const form = clientSecret === null || isDone ? null : { publishableKey, clientSecret };
    return { method: intent.id, state, customer, card: cardOf(intent), form };
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

/** What is shown of the card of a setup; its method has to be read with it. */
function cardOf({ payment_method }: Stripe.SetupIntent): Card | null {
  if (payment_method === null || typeof payment_method === 'string' || !payment_method.card) return null;
  const { brand, last4, exp_month, exp_year } = payment_method.card;
  return { brand, last4, expMonth: exp_month, expYear: exp_year };
}

function stateOf({ status, last_setup_error, payment_method }: Stripe.SetupIntent): PaymentState {
  // One that was taken away, there or here, belongs to nobody any more.
  const isDetached = payment_method !== null && typeof payment_method !== 'string' && payment_method.customer === null;
  if (status === 'succeeded') return isDetached ? 'lost' : 'set';
  return status === 'canceled' || (status === 'requires_payment_method' && last_setup_error !== null)
    ? 'failed'
    : 'pending';
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Stripe } from 'stripe';

export const STRIPE_KEYS = { secretKey: 'sk_test_1', publishableKey: 'pk_test_1', webhookSecret: 'whsec_test_1' };

type Intent = {
  id: string;
  object: 'setup_intent';
  client_secret: string;
  customer: string;
  metadata: Record<string, string>;
  status: string;
  payment_method: string | null;
  last_setup_error: { code: string } | null;
};

/** A card as Stripe has it; `customer` null: it was taken away. */
type Method = {
  readonly id: string;
  readonly object: 'payment_method';
  customer: string | null;
  card: { brand: string; last4: string; exp_month: number; exp_year: number };
};

/** As much of Stripe as is used here, which can also fail as Stripe does. */
export type StripeStandIn = {
  readonly url: string;
  readonly intents: Map<string, Intent>;
  readonly methods: Map<string, Method>;
  /** Payment methods that were taken away. */
  readonly detached: string[];
  /** `down`: answers 500; `hangs up`: takes the call and says nothing. */
  mode: 'well' | 'down' | 'hangs up';
  /** Holds back the answer to whatever begins a method, once it is asked. */
  hold: { readonly asked: () => void; readonly answered: Promise<void> } | null;
  /** What its customer does at its form. */
  finish(intent: string, how: 'succeeded' | 'failed'): void;
  /** A report as it sends them, signed: of a setup, or of a card. */
  report(type: string, object: string, secret?: string): { readonly body: string; readonly signature: string };
  close(): Promise<void>;
};

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

export async function startStripe(): Promise<StripeStandIn> {
  const intents = new Map<string, Intent>();
  const methods = new Map<string, Method>();
  const answered = new Map<string, object>();
  const detached: string[] = [];
  let n = 0;
  const next = (prefix: string): string => {
    n += 1;
    return `${prefix}_${n}`;
  };
  const make = (path: string, form: URLSearchParams): object => {
    if (path === '/v1/customers') return { id: next('cus'), object: 'customer' };
    const id = next('seti');
    const intent: Intent = {
      id,
      object: 'setup_intent',
      client_secret: `${id}_secret`,
      customer: form.get('customer') ?? '',
      metadata: { account: form.get('metadata[account]') ?? '', transfer: form.get('metadata[transfer]') ?? '' },
      status: 'requires_payment_method',
      payment_method: null,
      last_setup_error: null,
    };
    intents.set(id, intent);
    return intent;
  };
  const answer = async (request: IncomingMessage): Promise<object> => {
    const { pathname: path, searchParams } = new URL(request.url ?? '', stand.url);
    const form = await formOf(request);
    const [, , of, id = '', act] = path.split('/');
    if (of === 'balance') return { object: 'balance' };
    if (act === 'detach') {
      detached.push(id);
      const method = methods.get(id);
      if (method) method.customer = null;
      return { id, object: 'payment_method' };
    }
    if (request.method === 'GET' && id === '') {
      const method = searchParams.get('payment_method');
      const data = [...intents.values()].filter(({ payment_method }) => payment_method === method);
      return { object: 'list', data, has_more: false };
    }
    if (act === 'cancel') {
      const intent = intents.get(id)!;
      intent.status = 'canceled';
      return intent;
    }
    if (request.method === 'GET') {
      const intent = intents.get(id)!;
      return { ...intent, payment_method: methods.get(intent.payment_method ?? '') ?? intent.payment_method };
    }
    const key = String(request.headers['idempotency-key']);
    const known = answered.get(key) ?? make(path, form);
    answered.set(key, known);
    return known;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await answer(request);
    if (stand.hold && stand.mode === 'well' && request.method === 'POST' && request.url === '/v1/setup_intents') {
      stand.hold.asked();
      await stand.hold.answered;
    }
    if (stand.mode === 'hangs up') {
      request.socket.destroy();
      return;
    }
    const isWell = stand.mode === 'well';
    response.writeHead(isWell ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isWell ? body : { error: { type: 'api_error', message: 'down' } }));
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stand: StripeStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intents,
    methods,
    detached,
    mode: 'well',
    hold: null,
    finish: (intent, how) => {
      const found = intents.get(intent)!;
      found.status = how === 'succeeded' ? 'succeeded' : 'requires_payment_method';
      found.payment_method = how === 'succeeded' ? `pm_${intent}` : null;
      if (how === 'succeeded') {
        const card = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2099 };
        methods.set(`pm_${intent}`, { id: `pm_${intent}`, object: 'payment_method', customer: found.customer, card });
      }
      found.last_setup_error = how === 'failed' ? { code: 'card_declined' } : null;
    },
    report: (type, id, secret = STRIPE_KEYS.webhookSecret) => {
      const body = JSON.stringify({ id: next('evt'), object: 'event', type, data: { object: { id } } });
      return { body, signature: Stripe.webhooks.generateTestHeaderString({ payload: body, secret }) };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return stand;
}

import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCLink,
  wsLink,
} from '@trpc/client';
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { type AppRouter, refusalOf } from '../src/index.ts';

let deployment: Deployment;
let key: string;
const stops: (() => unknown)[] = [];
beforeAll(async () => {
  deployment = await deploy();
  key = (await deployment.key(deployment.root)).secret;
  await record('before');
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => deployment.close());

/** Counts a minute in the main account. */
function record(idempotencyKey: string) {
  const event = { meter: 'call.minutes', quantity: '1', occurredAt: new Date().toISOString(), idempotencyKey };
  return deployment.owner.usage.record.mutate({ account: deployment.root, events: [event] });
}

const address = (): string => `${deployment.url}/trpc`;
const headers = () => ({ authorization: `Bearer ${key}` });

function overWebSocket(): TRPCLink<AppRouter> {
  const client = createWSClient({ url: address().replace(/^http/, 'ws'), connectionParams: () => ({ token: key }) });
  stops.push(() => client.close());
  return wsLink<AppRouter>({ client });
}

const overEventStreams = (): TRPCLink<AppRouter> =>
  splitLink<AppRouter>({
    condition: ({ type }) => type === 'subscription',
    true: httpSubscriptionLink({
      url: address(),
      EventSource,
      eventSourceOptions: async () => ({
        fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers() } }),
      }),
    }),
    false: httpLink({ url: address(), headers }),
  });

describe.each([
  ['httpLink', () => httpLink<AppRouter>({ url: address(), headers })],
  ['httpBatchLink', () => httpBatchLink<AppRouter>({ url: address(), headers })],
  ['httpBatchStreamLink', () => httpBatchStreamLink<AppRouter>({ url: address(), headers })],
  ['wsLink', overWebSocket],
])('tRPC’s own %s', (name, link) => {
  it('calls the server, several calls at once, and reads its refusals', async () => {
    const trpc = createTRPCClient<AppRouter>({ links: [link()] });
    const [{ rows }, me, refused] = await Promise.all([
      trpc.accounts.list.query({ account: deployment.root }),
      trpc.session.me.query(),
      trpc.accounts.get.query({ account: 'ext:nobody' }).catch(refusalOf),
    ]);
    expect(rows).toEqual([]);
    expect(me).toMatchObject({ actor: 'key', home: deployment.root });
    expect(refused).toMatchObject({ code: 'NOT_FOUND', retryable: false, requestId: expect.any(String) });
    const named = trpc.accounts.createMain.mutate({ name: `By ${name}` }).catch(refusalOf);
    expect(await named).toMatchObject({ code: 'FORBIDDEN' });
  });
});

/** Accounts that an address has no room for. */
const MANY = 500;

describe.each([
  ['httpLink', httpLink],
  ['httpBatchLink', httpBatchLink],
  ['httpBatchStreamLink', httpBatchStreamLink],
] as const)('tRPC’s own %s', (_, link) => {
  it('reads by inputs that are too long for an address when it always sends POST', async () => {
    const account = deployment.root;
    const asking = (methodOverride?: 'POST') => {
      const trpc = createTRPCClient<AppRouter>({
        links: [link<AppRouter>({ url: address(), headers, ...(methodOverride && { methodOverride }) })],
      });
      return trpc.blueprints.appliedMany.query({ account, accounts: Array(MANY).fill(account) });
    };
    expect(await asking().catch(refusalOf)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false });
    expect(await asking('POST')).toEqual({ applications: [] });
  });
});

describe.each([
  ['wsLink', overWebSocket],
  ['httpSubscriptionLink', overEventStreams],
])('tRPC’s own %s', (name, link) => {
  it('follows what is live, frame by frame', async () => {
    const trpc = createTRPCClient<AppRouter>({ links: [link()] });
    const account = deployment.root;
    const totals: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = trpc.usage.live.subscribe(
        { account, accounts: [account] },
        {
          onData: ({ data }) => {
            totals.push(...data.minutes.map(([, , total]) => total));
            if (totals.length > 1) return resolve();
            record(`over ${name}`).catch(reject);
          },
          onError: reject,
        },
      );
      stops.push(() => subscription.unsubscribe());
    });
    expect(Number(totals[1]) - Number(totals[0])).toBe(1);
  });
});

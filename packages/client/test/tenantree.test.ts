import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { startApi } from '../../../apps/api/test/support/start-api.ts';
import { createTenantree, type Tenantree } from '../src/create-tenantree.ts';
import type { TenantreeOptions } from '../src/links.ts';
import { type CallRefusal, refusalOf } from '../src/refusal-of.ts';

/** A network in which no WebSocket ever opens. */
class BlockedWebSocket extends WebSocket {
  constructor(url: string | URL) {
    super(String(url).replace('/trpc', '/blocked'));
  }
}

const patiently = { timeout: 20_000, interval: 10 };
const cleanUp: (() => unknown)[] = [];
let shared: Deployment;
let deployment: Deployment;
let key: string;

beforeAll(async () => {
  shared = await deploy();
});
afterAll(() => shared.close());
// A tree of its own for each test.
beforeEach(async () => {
  const { account } = await shared.owner.accounts.createMain.mutate({ name: 'Main' });
  await use({ ...shared, root: account.id });
});
const use = async (one: Deployment): Promise<void> => {
  deployment = one;
  key = (await one.key(one.root)).secret;
};
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

function connect(options: Partial<TenantreeOptions> = {}): Tenantree {
  const tenantree = createTenantree({ url: deployment.url, getToken: async () => key, random: () => 0.05, ...options });
  cleanUp.push(tenantree.close);
  return tenantree;
}

const record = (tenantree: Tenantree, account: string, quantity: string) =>
  tenantree.trpc.usage.record.mutate({
    account,
    events: [
      { meter: 'call.minutes', quantity, occurredAt: new Date().toISOString(), idempotencyKey: `call ${quantity}` },
    ],
  });

/** What somebody sees who watches the minutes of a subtree. */
function watch(tenantree: Tenantree, account: string, accounts?: string[]) {
  const seen = {
    ids: [] as number[],
    totals: new Map<string, string>(),
    refusals: [] as CallRefusal[],
    codes: [] as unknown[],
  };
  tenantree.trpc.usage.live.subscribe(
    { account, ...(accounts && { accounts }) },
    {
      onData: ({ id, data }) => {
        seen.ids.push(Number.parseInt(id, 10));
        for (const [changed, , total] of data.minutes) seen.totals.set(changed, total);
      },
      onError: (error) => {
        seen.refusals.push(refusalOf(error));
        seen.codes.push(error.data?.code, error.data?.httpStatus, error.shape?.code);
      },
    },
  );
  return seen;
}

describe.each([
  ['a WebSocket', {}],
  ['an event stream, where WebSockets are blocked', { WebSocket: BlockedWebSocket }],
])('live minutes over %s', (_, options) => {
  it('show what is, then what changes, and catch up after the server was away', async () => {
    const own = await deploy();
    cleanUp.push(own.close);
    await use(own);
    const tenantree = connect(options);
    const { account } = await tenantree.trpc.accounts.create.mutate({
      account: deployment.root,
      name: 'Acme',
      externalId: 'acme',
    });
    await record(tenantree, 'ext:acme', '1.5');
    const seen = watch(tenantree, deployment.root);
    await vi.waitFor(() => expect(seen.totals.get(account.id)).toBe('1.5'), patiently);
    await record(tenantree, 'ext:acme', '2');
    await vi.waitFor(() => expect(seen.totals.get(deployment.root)).toBe('3.5'), patiently);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);

    const port = Number(new URL(deployment.url).port);
    await deployment.composed.close();
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('offline'), patiently);
    const again = await startApi(deployment.database.serving, { config: { port } });
    cleanUp.push(again.close);
    await record(connect(), 'ext:acme', '4');
    await vi.waitFor(() => expect(seen.totals.get(account.id)).toBe('7.5'), patiently);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);
    expect(seen.ids).toEqual(seen.ids.toSorted((a, b) => a - b));
    expect(seen.refusals).toEqual([]);
  });

  it('end with the refusal when the key is revoked', async () => {
    const second = await deployment.key(deployment.root);
    const onSessionExpired = vi.fn();
    const tenantree = connect({ ...options, getToken: async () => second.secret, onSessionExpired });
    const seen = watch(tenantree, deployment.root);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);
    await deployment.owner.keys.revoke.mutate({ account: deployment.root, id: second.id });
    await vi.waitFor(() => expect(seen.refusals).toMatchObject([{ code: 'UNAUTHORIZED' }]), patiently);
    expect(seen.codes).toEqual(['UNAUTHORIZED', 401, -32001]);
    expect(onSessionExpired).toHaveBeenCalledTimes(1);
  });

  it('can be those of 500 accounts by name, more than fits into an address', async () => {
    const tenantree = connect(options);
    const externalId = 'a customer with a long id '.repeat(4).trim();
    await tenantree.trpc.accounts.create.mutate({ account: deployment.root, name: 'Acme', externalId });
    await record(tenantree, `ext:${externalId}`, '1.5');
    const seen = watch(tenantree, deployment.root, Array<string>(500).fill(`ext:${externalId}`));
    await vi.waitFor(() => expect([...seen.totals.values()]).toEqual(['1.5']), patiently);
  });

  it('of an account out of reach are refused like those of one that does not exist, and no others', async () => {
    const tenantree = connect(options);
    const other = watch(tenantree, deployment.root);
    const seen = watch(tenantree, 'ext:nobody');
    await vi.waitFor(() => expect(seen.refusals).toMatchObject([{ code: 'NOT_FOUND', retryable: false }]), patiently);
    expect(seen.codes).toEqual(['NOT_FOUND', 404, -32004]);
    await record(tenantree, deployment.root, '3');
    await vi.waitFor(() => expect(other.totals.get(deployment.root)).toBe('3'), patiently);
    expect(other.refusals).toEqual([]);
  });

  it('carry the code of what cuts them: access that ends', async () => {
    const tenantree = connect(options);
    const { account } = await tenantree.trpc.accounts.create.mutate({ account: deployment.root, name: 'Acme' });
    const key = await deployment.key(account.id);
    const below = connect({ ...options, getToken: async () => key.secret });
    const seen = watch(below, account.id);
    await vi.waitFor(() => expect(below.live.get().kind).toBe('live'), patiently);
    await tenantree.trpc.accounts.suspend.mutate({ account: account.id, kind: 'full_stop' });
    await vi.waitFor(() => expect(seen.refusals).toMatchObject([{ code: 'ACCOUNT_SUSPENDED' }]), patiently);
    expect(seen.codes).toEqual(['FORBIDDEN', 403, -32003]);
  });

  it('asked for with an input of another form end with the refusal of it', async () => {
    const seen = watch(connect(options), deployment.root, 'one' as never);
    await vi.waitFor(
      () => expect(seen.refusals).toMatchObject([{ code: 'BAD_REQUEST', field: 'accounts' }]),
      patiently,
    );
    expect(seen.codes).toEqual(['BAD_REQUEST', 400, -32600]);
  });
});

it.each([
  ['A WebSocket', {}],
  ['An event stream', { WebSocket: BlockedWebSocket }],
])(
  '%s that asks for what the server does not even read ends with the refusal, not with another attempt',
  async (_, options) => {
    const nested = `${'['.repeat(33)}${']'.repeat(33)}`;
    const seen = watch(connect(options), deployment.root, JSON.parse(nested));
    await vi.waitFor(() => expect(seen.refusals).toMatchObject([{ code: 'BAD_REQUEST', retryable: false }]), patiently);
    expect(seen.codes).toEqual(['BAD_REQUEST', 400, -32600]);
  },
);

describe('calls', () => {
  it('are typed by the router and answered with what the server says', async () => {
    const { trpc } = connect();
    const { account, created } = await trpc.accounts.create.mutate({ account: deployment.root, name: 'Acme' });
    expect(created).toBe(true);
    const [page, me] = await Promise.all([
      trpc.accounts.list.query({ account: deployment.root }),
      trpc.session.me.query(),
    ]);
    expect(page.rows.map((row) => row.id)).toEqual([account.id]);
    expect(me).toMatchObject({ actor: 'key', home: deployment.root });
  });

  it('that are large travel alone, so that no call of the same moment is refused for their size', async () => {
    const { trpc } = connect();
    const occurredAt = new Date().toISOString();
    const attributes = { note: 'x'.repeat(300) };
    const events = Array.from({ length: 4_000 }, (_, index) => {
      const idempotencyKey = `large ${index}`;
      return { meter: 'call.minutes', quantity: '1', occurredAt, idempotencyKey, attributes };
    });
    const [first, recorded, last] = await Promise.all([
      trpc.accounts.create.mutate({ account: deployment.root, name: 'First' }),
      trpc.usage.record.mutate({ account: deployment.root, events }),
      trpc.accounts.create.mutate({ account: deployment.root, name: 'Last' }),
    ]);
    expect([first.created, recorded.accepted, last.created]).toEqual([true, 4_000, true]);
  });

  it('that are refused name code, field and request', async () => {
    const { trpc } = connect();
    const refused = await trpc.accounts.create.mutate({ account: deployment.root, name: ' ' }).catch(refusalOf);
    expect(refused).toMatchObject({
      code: 'NAME_INVALID',
      field: 'name',
      retryable: false,
      requestId: expect.any(String),
    });
  });
});

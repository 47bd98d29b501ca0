import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { createTenantree, pages, refusalOf, type Tenantree, type TenantreeOptions } from '../src/index.ts';

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
  const tenantree = createTenantree({ url: deployment.url, getToken: async () => key, random: () => 0.01, ...options });
  cleanUp.push(tenantree.close);
  return tenantree;
}

/** A network that loses requests, and keeps what was sent. @param losses requests that are lost before one arrives */
function lossy(losses: number) {
  const sent: { readonly path: string; readonly body: unknown }[] = [];
  const lose: typeof fetch = async (input, init) => {
    sent.push({ path: new URL(new Request(input).url).pathname, body: init?.body });
    if (sent.length <= losses) throw new TypeError('fetch failed');
    return fetch(input, init);
  };
  return { sent, fetch: lose };
}

describe('a call that nobody answers', () => {
  it('is repeated twice with the same content, and then answered', async () => {
    const network = lossy(2);
    const { trpc } = connect({ fetch: network.fetch });
    const { rows } = await trpc.accounts.list.query({ account: deployment.root });
    expect(rows).toEqual([]);
    expect(network.sent).toHaveLength(3);
    expect(new Set(network.sent.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it('ends with its refusal when the repetitions don’t help either, or none are wanted', async () => {
    for (const [retries, requests] of [
      [undefined, 3],
      [4, 5],
      [0, 1],
    ] as const) {
      const network = lossy(100);
      const { trpc } = connect({ fetch: network.fetch, ...(retries !== undefined && { retries }) });
      const refused = await trpc.accounts.list.query({ account: deployment.root }).catch(refusalOf);
      expect(refused).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      expect(network.sent).toHaveLength(requests);
    }
  });

  it('is not repeated when its signal gave it up, or the client was closed, and nobody waits any longer', async () => {
    const network = lossy(100);
    const patient = { fetch: network.fetch, random: () => 0.999, retries: 10 };
    const { trpc } = connect(patient);
    const abort = new AbortController();
    const given = trpc.accounts.list.query({ account: deployment.root }, { signal: abort.signal }).catch(refusalOf);
    await vi.waitFor(() => expect(network.sent).toHaveLength(1));
    abort.abort();
    expect(await given).toMatchObject({ code: 'ABORTED', retryable: false });

    const other = connect(patient);
    const left = other.trpc.accounts.list.query({ account: deployment.root }).catch(refusalOf);
    await vi.waitFor(() => expect(network.sent).toHaveLength(2));
    other.close();
    expect(await left).toMatchObject({ code: 'UNAVAILABLE' });
    expect(network.sent).toHaveLength(2);
  });
});

describe('a mutation whose answer is lost', () => {
  it('is repeated under its key, and has one effect', async () => {
    const keys: (string | null)[] = [];
    const deaf: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      keys.push(new Headers(init?.headers).get('idempotency-key'));
      if (keys.length === 1) throw new TypeError('terminated');
      return answer;
    };
    const { trpc } = connect({ fetch: deaf });
    const made = await trpc.accounts.create.mutate({ account: deployment.root, name: 'Acme' });
    expect(made).toMatchObject({ created: true, account: { name: 'Acme' } });
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
    const { total } = await trpc.accounts.list.query({ account: deployment.root });
    expect(total).toBe(1);
  });
});

describe('a mutation with a key of whoever makes it', () => {
  it('is refused where that is none, and leaves the other calls of its request alone', async () => {
    const { trpc } = connect();
    const create = (name: string, idempotencyKey: string) =>
      trpc.accounts.create
        .mutate({ account: deployment.root, name }, { context: { idempotencyKey } })
        .catch((error: unknown) => refusalOf(error));
    // The last ones are what no header carries.
    const keys = ['', 'schlüssel', 'x'.repeat(256), 'ключ', '鍵 7', 'two\nlines', '\0'];
    for (const [n, key] of keys.entries()) {
      const [wrong, right] = await Promise.all([create('Wrong', key), create(`Beside ${n}`, `key ${n}`)]);
      expect(wrong, key).toMatchObject({ code: 'BAD_REQUEST', field: 'Idempotency-Key' });
      expect(right).toMatchObject({ created: true });
    }
    expect((await trpc.accounts.list.query({ account: deployment.root })).total).toBe(keys.length);
  });
});

describe('a call that was refused', () => {
  it('is not repeated when the refusal says that this can’t help', async () => {
    const network = lossy(0);
    const { trpc } = connect({ fetch: network.fetch });
    const refused = await trpc.accounts.get.query({ account: 'ext:nobody' }).catch(refusalOf);
    expect(refused).toMatchObject({ code: 'NOT_FOUND' });
    expect(network.sent).toHaveLength(1);
  });
});

describe('pages', () => {
  const names = ['Acme', 'Borealis', 'Cedar', 'Delta', 'Evora'];
  beforeEach(async () => {
    const { trpc } = connect();
    for (const name of names) await trpc.accounts.create.mutate({ account: deployment.root, name });
  });

  it('come one after the other to the last, and only those that are read are asked for', async () => {
    const network = lossy(0);
    const { trpc } = connect({ fetch: network.fetch });
    const read: string[][] = [];
    for await (const page of pages(trpc.accounts.list, { account: deployment.root, limit: 2 }))
      read.push(page.rows.map(({ name }) => name));
    expect(read).toEqual([names.slice(0, 2), names.slice(2, 4), names.slice(4)]);
    expect(network.sent).toHaveLength(3);
    for await (const page of pages(trpc.accounts.list, { account: deployment.root, limit: 2 })) {
      expect(page.rows).toHaveLength(2);
      break;
    }
    expect(network.sent).toHaveLength(4);
  });

  it('begin at the cursor that they are given, and end with their signal', async () => {
    const { trpc } = connect();
    const { nextCursor } = await trpc.accounts.list.query({ account: deployment.root, limit: 3 });
    const rest = pages(trpc.accounts.list, { account: deployment.root, cursor: nextCursor ?? '' });
    expect((await rest.next()).value?.rows.map(({ name }) => name)).toEqual(['Delta', 'Evora']);
    const abort = new AbortController();
    const all = pages(trpc.accounts.list, { account: deployment.root, limit: 1 }, { signal: abort.signal });
    await all.next();
    abort.abort();
    expect(await all.next().catch(refusalOf)).toMatchObject({ code: 'ABORTED' });
  });
});

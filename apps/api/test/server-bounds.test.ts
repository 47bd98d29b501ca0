import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy } from './support/deployment.ts';

const MIB = 1_048_576;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy();
});
afterAll(() => deployment.close());

const get = (path: string): Promise<Response> => fetch(deployment.url + path);
const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(deployment.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

type Sent = { error: { data: { refusal: { code: string } } } };
const refusalOf = async (response: Response): Promise<string> => {
  const { error } = (await response.json()) as Sent;
  return error.data.refusal.code;
};
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('input that is too much', () => {
  const large = (bytes: number): string => JSON.stringify({ a: 'x'.repeat(bytes) });

  it('is refused by its size: 1 MiB, for one call that records usage 4 MiB', async () => {
    const { secret } = await deployment.key(deployment.root);
    const authorization = { authorization: `Bearer ${secret}` };
    const status = async (path: string, bytes: number): Promise<number> =>
      (await post(path, large(bytes), authorization)).status;
    expect(await status('/trpc/accounts.rename', MIB - 100)).toBe(400);
    expect(await status('/trpc/accounts.rename', MIB)).toBe(413);
    expect(await status('/trpc/usage.record', 4 * MIB - 100)).toBe(400);
    expect(await status('/trpc/usage.record?batch=1', MIB)).toBe(400);
    expect(await status('/trpc/usage.record,session.me?batch=1', MIB)).toBe(413);
    expect(await status('/trpc/usage.record', 4 * MIB)).toBe(413);
    expect(await status('/v1/usage/events', 4 * MIB)).toBe(413);
  });

  it('is refused of somebody who is not recognised beyond 64 KiB, before it is read', async () => {
    const answers = [
      ['/trpc/setup.claim', 'PAYLOAD_TOO_LARGE'],
      ['/trpc/accounts.rename', 'UNAUTHORIZED'],
      ['/trpc/usage.record', 'UNAUTHORIZED'],
    ] as const;
    for (const [path, code] of answers) {
      expect(await refusalOf(await post(path, large(66_000))), path).toBe(code);
      expect(await refusalOf(await post(path, large(66_000), { authorization: 'Bearer tt_key_none' })), path).toBe(
        code,
      );
    }
    expect(await refusalOf(await post('/trpc/setup.claim', large(64_000)))).toBe('BAD_REQUEST');
  });

  it('is refused in an address that is too long, also to pages elsewhere, and read with POST', async () => {
    const input = JSON.stringify({ account: deployment.root, accounts: Array(500).fill(deployment.root) });
    const address = `/trpc/blueprints.appliedMany?input=${encodeURIComponent(input)}`;
    const refused = await get(address);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([413, 'application/json']);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(refused.headers.get('x-request-id')).toMatch(/./);
    const { error } = (await refused.json()) as { error: { message: string; data: unknown } };
    expect(error.message).toContain('POST');
    expect(error.data).toMatchObject({ refusal: { code: 'PAYLOAD_TOO_LARGE', retryable: false } });
    expect(await refusalOf(await post('/trpc/blueprints.appliedMany', input))).toBe('UNAUTHORIZED');
  });

  it('is refused when it is not said to be JSON as it is, whatever it is', async () => {
    const sent = (path: string, headers: Record<string, string>): Promise<Response> =>
      fetch(deployment.url + path, {
        method: 'POST',
        body: new Blob(['{}']),
        headers: { origin: deployment.url, ...headers },
      });
    const others = [
      {},
      { 'content-type': 'text/plain' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': 'application/octet-stream' },
      { 'content-type': 'application/jsonp' },
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    ];
    const { secret } = await deployment.key(deployment.root);
    const authorization = { authorization: `Bearer ${secret}` };
    for (const path of ['/trpc/setup.claim', '/trpc/usage.record', '/v1/usage/events', '/auth/sign-in/email']) {
      for (const headers of others) {
        const answer = await sent(path, { ...authorization, ...headers });
        expect([answer.status, await refusalOf(answer)], `${path} ${JSON.stringify(headers)}`).toEqual([
          415,
          'UNSUPPORTED_MEDIA_TYPE',
        ]);
      }
      const json = {
        ...authorization,
        'content-type': 'Application/JSON; charset=utf-8',
        'content-encoding': 'identity',
      };
      expect((await sent(path, json)).status, path).not.toBe(415);
    }
  });

  it('is refused by the number of its calls, with the number that would do', async () => {
    const calls = (count: number): Promise<Response> =>
      get(`/trpc/${Array(count).fill('setup.status').join()}?batch=1`);
    expect((await calls(64)).status).toBe(200);
    const refused = await calls(65);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('Send at most 64 calls in one request.');
  });

  it('is not what one event stream has: as many subscriptions as a socket', async () => {
    const ask = (subscriptions: number): Promise<Response> =>
      fetch(`${deployment.url}/trpc/${Array(subscriptions).fill('accounts.live').join()}?batch=1`, {
        method: 'POST',
        headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
        body: '{}',
      });
    // Nobody signed in, so that all of them are refused, each for its own reason.
    const said = await (await ask(202)).text();
    const messages = [...said.matchAll(/^data: (\{"id".*)$/gm)].map(([, json = '']) => JSON.parse(json));
    const refusedAs = new Map(messages.map(({ id, error }) => [id, error.data.refusal]));
    expect(refusedAs.size).toBe(202);
    expect(refusedAs.get(199)).toMatchObject({ code: 'UNAUTHORIZED' });
    for (const id of [200, 201])
      expect(refusedAs.get(id)).toMatchObject({
        code: 'BAD_REQUEST',
        message: 'A connection carries at most 200 subscriptions. Stop some, or open another one.',
      });
  });

  it('is told what was expected when a procedure that changes something is read', async () => {
    const answer = await get('/trpc/setup.claim');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('send it with POST');
  });

  it('is refused by its size alone before anybody is asked who they are', async () => {
    const response = await post('/trpc/accounts.rename', large(MIB));
    expect(response.status).toBe(413);
    expect(await refusalOf(response)).toBe('PAYLOAD_TOO_LARGE');
    expect((await post('/trpc/usage.record', large(4 * MIB))).status).toBe(413);
    expect((await post('/auth/sign-in/email', large(MIB), { origin: deployment.url })).status).toBe(413);
  });

  it('is refused by its size also when it does not say how large it is', async () => {
    const status = await new Promise<number | undefined>((done, fail) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const request = httpRequest(`${deployment.url}/trpc/setup.claim`, { method: 'POST', headers }, (response) => {
        response.resume();
        done(response.statusCode);
      });
      request.on('error', fail);
      request.write(`{"token":"`);
      for (let written = 0; written < 24; written++) request.write('x'.repeat(MIB / 16));
      request.end('"}');
    });
    expect(status).toBe(413);
  });

  it('is refused by its depth, and with names that nobody may send', async () => {
    const deep = await post('/trpc/setup.claim', nested(33));
    expect([deep.status, await refusalOf(deep)]).toEqual([400, 'BAD_REQUEST']);
    const named = await post('/trpc/setup.claim', '{"__proto__":{"claimed":true}}');
    expect([named.status, await refusalOf(named)]).toEqual([400, 'BAD_REQUEST']);
    const asked = await get(`/trpc/members.invitation?input=${encodeURIComponent(nested(33))}`);
    expect([asked.status, await refusalOf(asked)]).toEqual([400, 'BAD_REQUEST']);
    expect((await get('/trpc/members.invitation?input={')).status).toBe(400);
    expect((await post('/trpc/setup.claim', '[[['.repeat(10_000))).status).toBe(400);
  });

  it('is refused when it is no UTF-8, which nobody could read as it was written', async () => {
    const { secret } = await deployment.key(deployment.root);
    const headers = { authorization: `Bearer ${secret}`, origin: deployment.url, 'content-type': 'application/json' };
    const bodies = [
      ['/trpc/accounts.create', { account: deployment.root, name: 'Zürich' }],
      ['/trpc/usage.record', { account: deployment.root, events: [{ attributes: { city: 'Zürich' } }] }],
      ['/trpc/accounts.create?batch=1', { 0: { account: deployment.root, name: 'Zürich' } }],
      ['/v1/usage/events', { source: 'Zürich' }],
      ['/auth/sign-in/email', { email: 'a@zürich.example', password: 'any' }],
      ['/auth/proof', { password: 'Zürich' }],
    ] as const;
    for (const [path, input] of bodies) {
      const body = new Blob([Buffer.from(JSON.stringify(input), 'latin1')]);
      const answer = await fetch(deployment.url + path, { method: 'POST', body, headers });
      const told = await answer.text();
      expect(answer.status, path).toBe(400);
      expect(told, path).toContain('This is not UTF-8');
    }
    const { total } = await deployment.owner.accounts.list.query({ account: deployment.root });
    expect(total).toBe(0);
  });
});

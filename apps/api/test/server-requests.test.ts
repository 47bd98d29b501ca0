import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { compressFiles } from '../../../scripts/compressed.ts';
import type { Composed } from '../src/server/compose.ts';
import { startApi } from './support/start-api.ts';

const METRICS_TOKEN = 'a token for reading metrics';

let database: TestDatabase;
let folder: string;
let api: Composed;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantree-builds-'));
  await mkdir(join(folder, 'app/assets'), { recursive: true });
  await mkdir(join(folder, 'widget'));
  await writeFile(join(folder, 'secret.txt'), 'outside');
  await writeFile(join(folder, 'app/index.html'), '<!doctype html><title>Tenantree</title>');
  await writeFile(join(folder, 'app/assets/index-B3xK9a_2.js'), `export default ${JSON.stringify('x'.repeat(5_000))};`);
  await writeFile(join(folder, 'app/favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, 'widget/subaccount-manager.js'), 'export {};');
  await compressFiles(folder);
  database = await createTestDatabase(inject('database'));
  api = await startApi(database.serving, {
    config: { metricsToken: METRICS_TOKEN },
    folders: { app: join(folder, 'app'), widget: join(folder, 'widget') },
    onLog: (line) => lines.push(line),
  });
});
afterAll(async () => {
  await api.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(api.url + path, { headers });
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('who runs the server', () => {
  it('learns that it lives, that it can work, and which one it is', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await get('/readyz')).status).toBe(200);
    const version = await get('/version');
    expect(await version.json()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/), protocol: 1 });
    expect(version.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is told that a server without its database is not ready', async () => {
    const other = await createTestDatabase(inject('database'));
    const doomed = await startApi(other.serving);
    expect((await fetch(`${doomed.url}/readyz`)).status).toBe(200);
    await other.drop();
    await vi.waitFor(async () => expect((await fetch(`${doomed.url}/readyz`)).status).toBe(503));
    expect((await fetch(`${doomed.url}/healthz`)).status).toBe(200);
    await doomed.close();
  });

  it('reads metrics with the token only, and finds procedures by name but nothing that a caller made up', async () => {
    expect((await get('/metrics')).status).toBe(401);
    expect((await get('/metrics', { authorization: 'Bearer wrong' })).status).toBe(401);
    await get('/trpc/setup.status');
    await get('/trpc/made.up');
    const text = await (await get('/metrics', { authorization: `Bearer ${METRICS_TOKEN}` })).text();
    expect(text).toContain('route="setup.status",status="200"');
    expect(text).toContain('tenantree_live_sockets 0');
    expect(text).not.toContain('made.up');
  });
});

describe('every request', () => {
  it('has an id: the caller’s own, unless it is no harmless one', async () => {
    expect((await get('/healthz', { 'x-request-id': 'trace-12345678' })).headers.get('x-request-id')).toBe(
      'trace-12345678',
    );
    for (const bad of ['short', 'x'.repeat(129), 'has spaces in it', '<script>alert(1)']) {
      const id = (await get('/healthz', { 'x-request-id': bad })).headers.get('x-request-id');
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('is one line in the log, under its id and without secrets', async () => {
    lines.length = 0;
    const secret = `tt_key_${'k'.repeat(43)}`;
    const input = encodeURIComponent(JSON.stringify({ token: `tt_invite_${'i'.repeat(43)}` }));
    const headers = { 'x-request-id': 'log-test-1', authorization: `Bearer ${secret}`, cookie: 'tenantree=abc.def' };
    await get(`/trpc/members.invitation?input=${input}`, headers);
    await get(`/setup/tt_setup_${'s'.repeat(43)}`, { 'x-request-id': 'log-test-2', accept: 'text/html' });
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({
      requestId: 'log-test-1',
      method: 'GET',
      path: '/trpc/members.invitation',
      level: 'info',
    });
    expect(second).toMatchObject({ requestId: 'log-test-2', path: '/setup/tt_setup_…', status: 200 });
    for (const part of ['kkkk', 'iiii', 'ssss', 'abc.def']) expect(lines.join('')).not.toContain(part);
  });

  it('is answered with headers that leave browsers no room', async () => {
    const { headers } = await get('/', { accept: 'text/html' });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`connect-src 'self' ws://localhost:${api.port} wss://localhost:${api.port}`);
    const asked = await fetch(`http://127.0.0.1:${api.port}/`, { headers: { accept: 'text/html' } });
    expect(asked.headers.get('content-security-policy')).toBe(policy);
    expect(policy).not.toContain('unsafe');
    // Without its keys nobody is let in.
    expect(policy).not.toContain('stripe');
    expect(headers.get('permissions-policy')).toContain('camera=()');
    for (const path of ['/', '/healthz', '/trpc/setup.status', '/nothing']) {
      const answered = await get(path);
      expect(answered.headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(answered.headers.get('referrer-policy'), path).toBe('no-referrer');
    }
  });

  it('is let the form of Stripe where the deployment has its keys, and nothing else', async () => {
    const stripe = {
      secretKey: 'sk_test_1',
      publishableKey: 'pk_test_1',
      webhookSecret: 'whsec_1',
      url: 'http://127.0.0.1:1',
    };
    const other = await startApi(database.serving, {
      config: { stripe },
      folders: { app: join(folder, 'app'), widget: join(folder, 'widget') },
    });
    const answered = await fetch(`${other.url}/`, { headers: { accept: 'text/html' } });
    await other.close();
    const policy = answered.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self' https://js.stripe.com https://*.js.stripe.com;");
    expect(policy).toContain('frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com;');
    expect(policy).toMatch(/connect-src 'self' [^;]* https:\/\/api\.stripe\.com;/);
    expect(policy).not.toContain('unsafe');
  });
});

describe('answers that depend on who asks', () => {
  it('are kept by nothing in between', async () => {
    const paths = ['/trpc/setup.status', '/trpc/session.me', '/trpc/none', '/trpc', '/v1/usage/events', '/v1/none'];
    for (const path of [...paths, '/auth/get-session', '/auth/none']) {
      expect((await get(path)).headers.get('cache-control'), path).toBe('no-store');
    }
  });

  it('is answered as it is when its sender offers to go on in HTTP/2, as that of Java does', async () => {
    const offer = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
    };
    const status = (path: string, body: string | null): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { ...offer, ...(body !== null && { 'content-type': 'application/json' }) };
        const request = httpRequest(api.url + path, { method: body === null ? 'GET' : 'POST', headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        request.on('error', reject).end(body ?? undefined);
      });
    expect(await status('/trpc/setup.status', null)).toBe(200);
    expect(await status('/trpc/setup.claim', '{}')).toBe(400);
    expect(await status('/v1/usage/events', '{}')).toBe(401);
  });
});

describe('a server that knows its name', () => {
  const name = 'https://tree.example';
  let named: Composed;
  beforeAll(async () => {
    named = await startApi(database.serving, { config: { publicUrl: name } });
  });
  afterAll(() => named.close());

  /** Asks by another name than fetch would. */
  const ask = (path: string, host: string): Promise<{ status: number | undefined; text: string }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${named.url}${path}`, { headers: { host, accept: 'text/html' } }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode, text }));
      });
      request.on('error', reject).end();
    });

  it('answers no request to another one', async () => {
    for (const path of ['/', '/trpc/setup.status', '/auth/get-session', '/widget/none.js']) {
      for (const host of ['evil.example', 'tree.example:444', 'tree.example.evil.example', '10.0.0.7']) {
        const { status, text } = await ask(path, host);
        expect([status, text.includes('UNKNOWN_HOST')], `${host}${path}`).toEqual([421, true]);
      }
    }
    const socket = new WebSocket(`${named.url.replace('http', 'ws')}/trpc`, { headers: { host: 'evil.example' } });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('421');
  });

  it('answers to its own, on this machine, and whoever watches it', async () => {
    for (const host of ['tree.example', 'TREE.example:443', 'localhost:7300', '127.0.0.1', '[::1]:7300']) {
      expect((await ask('/trpc/setup.status', host)).status, host).toBe(200);
    }
    expect((await ask('/healthz', '10.0.0.7')).status).toBe(200);
  });
});

describe('a page at an address that the server doesn’t know', () => {
  it('is told which setting says it', async () => {
    const headers = { 'content-type': 'application/json', origin: 'https://tree.example' };
    const answer = await fetch(`${api.url}/auth/sign-in/email`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('PUBLIC_URL');
  });
});

describe('what is no request', () => {
  /** What the server writes to a connection on which this is sent, until it ends it. */
  const told = async (port: number, sent: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    let text = '';
    for await (const part of socket) text += String(part);
    return text;
  };

  it('is refused as whatever is, with an id', async () => {
    const answer = await told(api.port, 'HELO localhost\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(.+\r\n)*x-request-id: /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({
      error: { data: { refusal: { code: 'BAD_REQUEST' } } },
    });
  });

  it('is nothing to a request before it: that is answered, or cut off', async () => {
    const answer = await told(api.port, 'GET /version HTTP/1.1\r\nhost: localhost\r\n\r\nHELO localhost\r\n');
    expect(answer).not.toContain('BAD_REQUEST');
  });

  it('is waited for so long and no longer', async () => {
    const impatient = await startApi(database.serving, { requestMs: 300 });
    expect(await told(impatient.port, 'GET /version HTTP/1.1\r\nhost: localhost\r\n')).toMatch(/^HTTP\/1\.1 408 /);
    await impatient.close();
  });
});

describe('a body that doesn’t come', () => {
  it('is waited for so long and no longer', async () => {
    const impatient = await startApi(database.serving, { requestMs: 300, onLog: (line) => lines.push(line) });
    lines.length = 0;
    const socket = connect(impatient.port, '127.0.0.1');
    socket.write(
      'POST /trpc/setup.claim HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"token":',
    );
    socket.resume();
    await once(socket, 'close');
    await impatient.close();
    expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe('calls from other origins', () => {
  it('are allowed without cookies, and browsers may remember that', async () => {
    const monitored = 'authorization,baggage,content-type,newrelic,sentry-trace,traceparent,x-datadog-origin';
    const asked = {
      origin: 'https://reseller.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': monitored,
    };
    const preflight = await fetch(`${api.url}/trpc/accounts.list`, { method: 'OPTIONS', headers: asked });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe(monitored);
    expect(preflight.headers.get('vary')).toBe('access-control-request-headers');
    expect(Number(preflight.headers.get('access-control-max-age'))).toBeGreaterThan(600);
    for (const response of [preflight, await get('/trpc/setup.status'), await get('/trpc/session.me')]) {
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    }
    expect((await get('/auth/get-session')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('what there is not', () => {
  it('is refused outside procedures in the shape that their errors have', async () => {
    const response = await get('/v1/nothing', { 'x-request-id': 'shape-12345' });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        message: expect.any(String),
        code: -32004,
        data: {
          code: 'NOT_FOUND',
          httpStatus: 404,
          path: null,
          refusal: { code: 'NOT_FOUND', message: expect.any(String), retryable: false },
          requestId: 'shape-12345',
        },
      },
    });
  });
});

describe('a WebSocket', () => {
  const open = async (path: string): Promise<WebSocket> => {
    const socket = new WebSocket(api.url.replace('http', 'ws') + path);
    await once(socket, 'open');
    return socket;
  };
  const call = (socket: WebSocket, message: string): Promise<unknown> => {
    const answer = once(socket, 'message').then(([data]) => JSON.parse(String(data)) as unknown);
    socket.send(message);
    return answer;
  };

  it('is opened for procedures and for nothing else', async () => {
    const socket = await open('/trpc');
    const asked = { id: 1, method: 'query', params: { path: 'setup.status' } };
    expect(await call(socket, JSON.stringify(asked))).toMatchObject({ id: 1, result: { data: { claimed: false } } });
    expect(await (await get('/metrics', { authorization: `Bearer ${METRICS_TOKEN}` })).text()).toContain(
      'tenantree_live_sockets 1',
    );
    socket.close();
    await expect(open('/elsewhere')).rejects.toThrow('404');
  });

  it('refuses messages that are too deep, and closes with 1009 on too large ones', async () => {
    const socket = await open('/trpc');
    const message = `{"id":1,"method":"query","params":{"path":"setup.status","input":${nested(40)}}}`;
    expect(await call(socket, message)).toMatchObject({ error: { data: { refusal: { code: 'BAD_REQUEST' } } } });
    socket.send('x'.repeat(70_000));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
  });
});

describe('pages and files', () => {
  it('are the app, whatever the address of a page says', async () => {
    for (const path of ['/', '/accounts/some-id', '/accounts/50%25%20more', '/sign-in']) {
      const page = await get(path, { accept: 'text/html' });
      expect(await page.text(), path).toContain('<title>Tenantree</title>');
      expect(page.headers.get('cache-control')).toBe('no-cache');
    }
  });

  it('are kept for ever when their name changes with their content, and compressed', async () => {
    const script = await get('/assets/index-B3xK9a_2.js', { 'accept-encoding': 'br' });
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(script.headers.get('content-encoding')).toBe('br');
    expect(await script.text()).toContain('xxxx');
    const whole = { 'accept-encoding': 'identity' };
    const plain = await get('/assets/index-B3xK9a_2.js', whole);
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('vary')).toBe('accept-encoding');
    const part = await get('/assets/index-B3xK9a_2.js', { ...whole, range: 'bytes=0-5' });
    expect([part.status, await part.text()]).toEqual([206, 'export']);
    expect(part.headers.get('content-range')).toMatch(/^bytes 0-5\/\d+$/);
    expect((await get('/favicon.svg')).headers.get('content-type')).toMatch(/^image\/svg\+xml\b/);
  });

  it('are not sent again when the browser has them', async () => {
    const { headers } = await get('/widget/subaccount-manager.js');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cache-control')).toContain('max-age=300');
    const etag = headers.get('etag') ?? '';
    expect((await get('/widget/subaccount-manager.js', { 'if-none-match': etag })).status).toBe(304);
    await writeFile(join(folder, 'widget/subaccount-manager.js'), 'export const changed = true;');
    expect((await get('/widget/subaccount-manager.js', { 'if-none-match': etag })).status).toBe(200);
  });

  it('are not what is asked for where there are none', async () => {
    const html = { accept: 'text/html' };
    for (const path of ['/assets/gone.js', '/trpc', '/v1/x', '/widget/gone.js', '/auth/gone']) {
      expect((await get(path, html)).status, path).toBe(404);
    }
    expect((await get('/data.json', { accept: 'application/json' })).status).toBe(404);
  });

  it('never come from outside their folder', async () => {
    for (const path of [
      '/..%2fsecret.txt',
      '/assets/%2e%2e/%2e%2e/%2e%2e/secret.txt',
      '/widget/..%2f..%2fsecret.txt',
      '/%00',
    ]) {
      const response = await get(path, { accept: 'application/json' });
      expect(response.status, path).toBe(404);
      expect(await response.text()).not.toContain('outside');
    }
  });
});

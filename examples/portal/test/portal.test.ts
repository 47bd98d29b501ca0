import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPortal } from '../portal.ts';

const API = 'http://localhost:1';
const ORIGIN = 'http://portal.example';
const portal = createPortal({ api: API, key: 'tt_key_secret', account: 'ext:a"b', origin: ORIGIN });
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;
});
afterAll(() => {
  portal.close();
  portal.closeAllConnections();
});

describe('the portal’s page', () => {
  it('may run scripts of itself and of Tenantree only, and talk to nobody else', async () => {
    const response = await fetch(url);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'self'; script-src 'self' http://localhost:1; connect-src 'self' http://localhost:1 ws://localhost:1; style-src 'self'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; " +
        "require-trusted-types-for 'script'; trusted-types subaccount-manager",
    );
  });

  it('embeds the account without letting its name break out of the page, and never shows the key', async () => {
    const html = await (await fetch(url)).text();
    expect(html).toContain('account="ext:a&#34;b"');
    expect(html).toContain('src="http://localhost:1/widget/subaccount-manager.js"');
    for (const path of ['/', '/portal.js', '/portal.css']) {
      expect(await (await fetch(url + path)).text()).not.toContain('tt_key_secret');
    }
  });

  it('has nothing inline that its own policy would block', async () => {
    const html = await (await fetch(url)).text();
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
  });

  it('serves its own files and no others', async () => {
    expect((await fetch(`${url}/portal.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const path of ['/server.ts', '/../mint-token.ts', '/constructor', '/page/index.html']) {
      expect((await fetch(url + path)).status).toBe(404);
    }
  });
});

describe('the portal’s tokens', () => {
  const ask = (headers: Record<string, string>, method = 'POST') => fetch(`${url}/session`, { method, headers });

  it('are for its own page only', async () => {
    expect((await ask({})).status).toBe(403);
    expect((await ask({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask({ origin: ORIGIN, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await ask({ origin: ORIGIN }, 'GET')).status).toBe(405);
  });

  it('are not to be had while Tenantree is away, and the portal says so and stays up', async () => {
    const response = await ask({ origin: ORIGIN });
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({
      code: 'UNAVAILABLE',
      message: `The portal can’t reach Tenantree at ${API}.`,
    });
    expect((await fetch(url)).status).toBe(200);
  });
});

import { randomInt } from 'node:crypto';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, clientWithToken } from '../../../apps/api/test/support/clients.ts';
import { type KillableServer, prepareKillableServer } from '../../../apps/api/test/support/killable-server.ts';
import { findChromium, ONE_PROCESS_ARGS } from '../../../scripts/chromium.ts';
import { further } from '../../../scripts/further.ts';

/** Files of the element beside the one that the page names. */
const parts = /subaccount-manager-.+\.js(\?[\d.]+)?$/;
const patiently = { timeout: 30_000, interval: 100 };
const port = randomInt(20_000, 30_000);
let server: KillableServer;
let browser: Browser | undefined;
let page: Page;
let client: Client;
/** What the page's own policy blocked, and what it threw. */
const faults: string[] = [];

beforeAll(async () => {
  server = await prepareKillableServer();
  await server.start();
  const { account, key } = await server.claim();
  client = clientWithToken(server.url, key);
  await client.accounts.create.mutate({ account, name: 'Acme Dental', externalId: 'acme' });
  await client.accounts.create.mutate({ account: 'ext:acme', name: 'Acme Berlin', externalId: 'acme-berlin' });
  const args = ['--url', server.url, '--key', key, '--account', account, '--port', String(port)];
  const portal = server.run('examples/portal/server.ts', args);
  await vi.waitFor(() => expect(portal.output()).toContain('Northwind Voice portal at'), patiently);
  browser = await chromium.launch({ executablePath: await findChromium(), args: ONE_PROCESS_ARGS });
  page = await visit();
});
afterAll(async () => {
  await browser?.close();
  await server.close();
});

async function visit(): Promise<Page> {
  if (!browser) throw new Error('there is no browser yet');
  const visited = await browser.newPage();
  // Without a server it waits up to 15 s before it tries again.
  visited.setDefaultTimeout(60_000);
  visited.on('pageerror', (error) => faults.push(error.message));
  await visited.exposeFunction('noteFault', (text: string) => faults.push(text));
  await visited.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => noteFault(event.violatedDirective + ' ' + event.blockedURI))`,
  );
  return visited;
}

const call = (idempotencyKey: string, quantity: string) =>
  client.usage.record.mutate({
    account: 'ext:acme-berlin',
    events: [{ meter: 'call.minutes', quantity, occurredAt: new Date().toISOString(), idempotencyKey }],
  });
const minutes = (): Promise<string> => page.locator('.row .minutes').first().innerText();

describe('the portal on another origin', () => {
  it('shows minutes as they are counted, and exactly those after the server was killed and started again', async () => {
    await page.goto(`http://localhost:${port}`);
    await page.getByText('Acme Dental').waitFor();
    await call('before', '12.5');
    await expect.poll(minutes, patiently).toMatch(/^12\.5\b/);

    await server.kill();
    await page.getByText('Offline').first().waitFor();
    await server.start();
    await call('after', '100');
    await expect.poll(minutes, patiently).toMatch(/^112\.5\b/);
    await expect.poll(() => page.getByText('Offline').count(), patiently).toBe(0);
  });

  it('opens a customer and comes back', async () => {
    await page.getByRole('button', { name: /Switch to.*Acme Dental/ }).click();
    await page.getByText('Acme Berlin').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Acme Dental');
    await page.goBack();
    await page.getByText('Acme Dental').first().waitFor();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Customers');
  });

  it('shows the same over event streams where WebSockets are blocked', async () => {
    await page.addInitScript(`
      window.WebSocket = class extends WebSocket {
        constructor(url) { super(String(url).replace('/trpc', '/blocked')); }
      };
    `);
    await page.goto(`http://localhost:${port}`);
    await page.getByText('Acme Dental').waitFor();
    await expect.poll(minutes, patiently).toMatch(/^112\.5\b/);
    await page.getByText('Live', { exact: true }).waitFor();
    await call('streamed', '7');
    await expect.poll(minutes, patiently).toMatch(/^119\.5\b/);
  });

  it('does what one asks for before that is loaded, as soon as it is', async () => {
    const sent = Promise.withResolvers<void>();
    await page.route(parts, async (route) => {
      await sent.promise;
      await route.continue();
    });
    await page.goto(`http://localhost:${port}`);
    await page.getByText('Acme Dental').waitFor();
    await page.locator('.window .toggle').first().click();
    expect(await page.getByText('Acme Berlin').count()).toBe(0);
    sent.resolve();
    await page.getByText('Acme Berlin').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });

  further(
    'says so when what one wants to do can’t be loaded, and does it once it can be, without a new visit',
    async () => {
      const page = await visit();
      const create = page.getByRole('button', { name: 'Create subaccount' });
      const open = page.locator('.window .toggle').first();
      const isOld = page.getByText(/Showing data from .* Reload;/);
      await page.route(parts, (route) => route.abort());
      for (const what of [create, open]) {
        await page.goto(`http://localhost:${port}`);
        await page.getByText('Acme Dental').waitFor();
        await what.click();
        await isOld.waitFor();
      }
      await page.unroute(parts);
      // It comes back by itself; the branch is open by then if that was in time for what was wanted last, and closed if not.
      await page.getByText('Live', { exact: true }).waitFor();
      if ((await page.locator('.window [role="row"][aria-expanded="true"]').count()) === 0) await open.click();
      await page.getByText('Acme Berlin').waitFor();
      await create.click();
      await page.getByRole('dialog', { name: 'Create subaccount' }).waitFor();
    },
  );

  further('is used as before after the server was away, wherever the pointer was meanwhile', async () => {
    const page = await visit();
    await page.goto(`http://localhost:${port}`);
    await page.getByText('Acme Dental').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const create = page.getByRole('button', { name: 'Create subaccount' });
    await server.kill();
    await page.getByText('Offline').first().waitFor();
    await create.click();
    const dialog = page.getByRole('dialog', { name: 'Create subaccount' });
    // What creating takes is loaded half a second after the first rows, or was in time before the server went.
    await page
      .getByText(/Showing data from .* The server does not answer/)
      .or(dialog)
      .waitFor();
    await page.keyboard.press('Escape');
    await server.start();
    await page.getByText('Live', { exact: true }).waitFor();
    await expect.poll(() => page.getByText('Showing data from').count(), patiently).toBe(0);
    await page.locator('.window .toggle').first().click();
    await page.getByText('Acme Berlin').waitFor();
    await create.click();
    await dialog.waitFor();
  });

  it('does nothing that its content security policy forbids', () => {
    expect(faults).toEqual([]);
  });
});

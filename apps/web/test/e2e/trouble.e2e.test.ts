import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { type App, choose, row, signIn, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';

const patiently = { timeout: 20_000, interval: 50 };
let app: App;
let owner: Owner;
let home: BrowserContext;
let page: Page;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  await owner.client.accounts.create.mutate({ account: owner.root, name: 'Acme North' });
  home = await owner.context();
  page = await app.open({ context: home });
});
afterAll(() => app.close());

describe('the web app, when things go wrong,', () => {
  further('closes what was opened on a page when one goes back', async () => {
    await page.goto(`${app.url}/a/${owner.root}/activity`);
    await page.getByRole('link', { name: 'Subaccounts' }).click();
    await row(page, 'Acme North').waitFor();
    await page.getByRole('button', { name: /^Acting account/ }).click();
    await page.getByPlaceholder('Search accounts').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
    await page.getByPlaceholder('Search accounts').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Subaccounts' }).click();
  });

  it('takes a double click for one: one step for Back, one visit in the log', async () => {
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${owner.root}/activity`);
    await other.getByRole('link', { name: 'Subaccounts' }).dblclick();
    const steps = () => other.evaluate<number>('history.length');
    const before = await steps();
    await row(other, 'Acme North').locator('bdi').first().dblclick();
    const panel = other.getByRole('complementary', { name: 'Account' });
    await panel.getByRole('heading', { name: 'Acme North' }).waitFor();
    expect(await steps()).toBe(before + 1);
    await panel.getByRole('button', { name: 'Switch to' }).dblclick();
    await other.getByText('No subaccounts yet').waitFor();
    expect(await steps()).toBe(before + 2);
    await other.getByRole('link', { name: 'Activity' }).click();
    await other.getByText('entered Acme North').waitFor();
    expect(await other.getByText('entered Acme North').count()).toBe(1);
    await other.goBack();
    await other.goBack();
    await row(other, 'Acme North').waitFor();
    await other.close();
  });

  further('has in the log who came in by an address, once, also where the page is loaded again', async () => {
    const { client, root } = owner;
    const east = (await client.accounts.create.mutate({ account: root, name: 'Acme East' })).account.id;
    const entries = async () => (await client.accounts.entries.query({ account: east })).rows;
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${east}/activity`);
    await other.getByText(/Acting inside/).waitFor();
    await expect.poll(entries, { timeout: 10_000 }).toHaveLength(1);
    await other.reload();
    await other.getByText('entered Acme East').waitFor();
    expect(await other.getByText('entered Acme East').count()).toBe(1);
    await other.goto(`${app.url}/a/${root}/activity`);
    await expect.poll(async () => (await entries())[0]?.end?.by, { timeout: 10_000 }).toBe('left');
    await other.goBack();
    await expect.poll(entries, { timeout: 10_000 }).toHaveLength(2);
    await other.close();
  });

  it('enters an account at once, however long the answers of the server take', async () => {
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await row(other, 'Acme North').waitFor();
    await other.route('**/trpc/**', () => undefined);
    await row(other, 'Acme North').getByRole('button', { name: 'Switch to Acme North' }).click();
    await other.waitForURL((url) => !url.pathname.includes(owner.root));
    await row(other, 'Acme North').waitFor({ state: 'detached' });
    await other.close();
  });

  it('says of an account that is not there that it is not, beside the table, and lets one go on', async () => {
    await page.goto(`${app.url}/a/${owner.root}/subaccounts/00000000-0000-7000-8000-000000000000`);
    const panel = page.getByRole('complementary', { name: 'Account' });
    await panel.getByText(/^There is no account/).waitFor();
    expect(await panel.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await panel.getByRole('button', { name: 'Close panel' }).click();
    await panel.waitFor({ state: 'detached' });
    await row(page, 'Acme North').waitFor();
  });

  it('selects what it may not copy', async () => {
    const other = await app.open({ context: home });
    // As over plain http, where browsers have no clipboard for pages.
    await other.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await other.goto(`${app.url}/a/${owner.root}/subaccounts/${owner.root}`);
    await other.getByRole('button', { name: 'Copy id' }).click();
    await other.getByRole('button', { name: 'Selected id' }).waitFor();
    expect(await other.evaluate<string>('String(getSelection())')).toBe(owner.root);
    await other.close();
  });

  it('asks who is back also when the session ends in the middle of a dialog', async () => {
    await page.getByRole('link', { name: 'Subaccounts' }).click();
    await row(page, 'Acme North').waitFor();
    await page.getByRole('button', { name: 'Create subaccount' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('Too late');
    await home.clearCookies();
    await page.keyboard.press('Enter');
    await page.getByText('Sign in again to go on where you were.').waitFor();
    await signIn(page);
    await row(page, 'Acme North').waitFor();
    expect(await row(page, 'Too late').count()).toBe(0);
    await page.getByRole('button', { name: 'Create subaccount' }).first().click();
    expect(await page.getByRole('dialog').getByLabel('Name').inputValue()).toBe('Too late');
    await page.keyboard.press('Escape');
  });

  it('leaves nothing of the account on screen when one signed out in another tab', async () => {
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await other.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Signed in as Olivia Owner' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await other.getByText('Sign in again to go on where you were.').waitFor();
    expect(await row(other, 'Acme North').count()).toBe(0);
    await other.close();
    await signIn(page);
    await row(page, 'Acme North').waitFor();
  });

  further('stays as it is when a part can’t be loaded, and loads itself again once the server answers', async () => {
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await row(other, 'Acme North').waitFor();
    await other.evaluate('window.isSame = true');
    const user = other.getByRole('button', { name: 'Signed in as Olivia Owner' });
    await other.route('**/*', (route) => route.abort());
    const asked = other.waitForEvent('requestfailed', (request) => new URL(request.url()).pathname === '/');
    await user.click();
    await asked;
    await other.getByRole('status').filter({ hasText: 'The server does not answer' }).waitFor();
    expect(await other.evaluate<boolean>('window.isSame')).toBe(true);
    await row(other, 'Acme North').waitFor();
    await other.unroute('**/*');
    await user.dispatchEvent('click');
    await expect.poll(() => other.evaluate<unknown>('window.isSame').catch(() => true), patiently).toBeUndefined();
    await row(other, 'Acme North').waitFor();
    await user.click();
    await other.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    await other.close();
  });

  further('keeps what is written when a part that nobody asked for could not be loaded ahead', async () => {
    const writing = await app.open({ context: home });
    await writing.route(/\/assets\/palette/, (route) => route.abort());
    const failed = writing.waitForEvent('requestfailed', (request) => request.url().includes('/assets/palette'));
    await writing.goto(`${app.url}/a/${owner.root}/billing`);
    await writing.getByLabel('Company or name').fill('Half of a na');
    await failed;
    // Behind whatever the page asks for now: had it loaded itself again, this would be cut off.
    await writing.evaluate("fetch('/', { cache: 'no-store' }).then((answer) => answer.text())");
    await writing.evaluate("fetch('/', { cache: 'no-store' }).then((answer) => answer.text())");
    expect(await writing.getByLabel('Company or name').inputValue()).toBe('Half of a na');
    await writing.close();
  });

  it('says in a dialog that the server is away, in words, and does what was asked once it is back', async () => {
    await page.getByRole('button', { name: 'Create subaccount' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('After the storm');
    await app.stop();
    await page.keyboard.press('Enter');
    await dialog.getByText(/^The server does not answer/).waitFor();
    await app.start();
    await dialog.getByRole('button', { name: 'Create After the storm' }).click();
    await row(page, 'After the storm').waitFor();
  });

  further('loads by itself what failed while the server was away', async () => {
    await app.stop();
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByText('This could not be loaded').waitFor({ timeout: 20_000 });
    await app.start();
    await page.getByText(/set up this deployment/).waitFor({ timeout: 30_000 });
  });

  it('keeps what was done in an account on screen while the server is away, and goes on by itself', async () => {
    await page.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await row(page, 'Acme North').focus();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Account' });
    await panel.getByRole('heading', { name: 'Acme North' }).waitFor();
    await page.keyboard.press('Alt+7');
    await panel.getByText('created Acme North').waitFor();
    await app.stop();
    await panel.getByRole('button', { name: 'With nested' }).press('Enter');
    await panel.getByRole('alert').filter({ hasText: 'The server does not answer' }).waitFor();
    expect(await panel.getByText('created Acme North').count()).toBe(1);
    await app.start();
    await panel.getByRole('alert').waitFor({ state: 'detached', timeout: 20_000 });
    await panel.getByRole('columnheader', { name: 'Account' }).waitFor({ state: 'attached' });
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
  });

  further('says that it is loading as long as nothing of it is there', async () => {
    const other = await app.open({ context: home });
    const gate = Promise.withResolvers<void>();
    await other.route('**/trpc/session.me**', async (route) => {
      await gate.promise;
      await route.continue();
    });
    await other.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await other.getByText('Loading …').waitFor();
    gate.resolve();
    await row(other, 'Acme North').waitFor();
    expect(await other.getByText('Loading …').count()).toBe(0);
    await other.close();
  });

  further('does what one asks for where WebSockets are blocked, with all of an account followed live', async () => {
    const account = (await owner.client.accounts.create.mutate({ account: owner.root, name: 'Acme South' })).account.id;
    const other = await app.open({ context: await owner.context() });
    await other.addInitScript(`
      window.WebSocket = class extends WebSocket {
        constructor(url) { super(String(url).replace('/trpc', '/blocked')); }
      };
    `);
    await other.goto(`${app.url}/a/${owner.root}/subaccounts/${account}/billing`);
    await other.getByText('Paid by parent account').waitFor();
    await other.getByText('Live', { exact: true }).waitFor();
    await other.getByRole('button', { name: 'Start billing transfer…' }).click();
    await other.getByLabel('Who completes it').fill('sue@south.example');
    await other.getByRole('button', { name: 'Review' }).click();
    await other.getByLabel('Type Acme South to start').waitFor();
    await owner.client.accounts.rename.mutate({ account, name: 'Acme Southern' });
    await row(other, 'Acme Southern').waitFor();
    await other.close();
  });

  further('speaks one language, whatever that of the browser, and writes numbers as the browser does', async () => {
    const german = await owner.context({ locale: 'de-DE' });
    const other = await app.open({ context: german });
    await other.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await other.getByRole('heading', { name: 'Subaccounts' }).waitFor();
    await expect.poll(() => row(other, 'Acme North').locator('.minutes').innerText(), patiently).toBe('0,0');
    await choose(other, 'Acme North', 'Suspend');
    await other.getByRole('dialog').getByText('This affects').waitFor();
    await german.close();
  });

  it('says why a name is refused where all of it can be read, however narrow the window', async () => {
    const other = await app.open({ context: home, width: 390 });
    await other.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await choose(other, 'After the storm', 'Rename');
    await other.getByLabel('New name of After the storm').fill('acme north');
    await other.keyboard.press('Enter');
    const why = other.getByRole('alert').filter({ hasText: 'already has a subaccount named' });
    await why.waitFor();
    const { x, width } = (await why.boundingBox()) ?? { x: -1, width: 0 };
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(390);
    await other.close();
  });

  it('has thrown nothing, and tried nothing that its policy forbids', () => {
    expect(app.faults).toEqual([]);
  });
});

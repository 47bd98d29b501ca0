import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientWithToken, PASSWORD } from '../../../api/test/support/clients.ts';
import { type App, choose, create, EMAIL, expectAccessible, row, signIn, startApp } from './app.ts';

const patiently = { timeout: 20_000, interval: 50 };
let app: App;
let home: BrowserContext;
let page: Page;
let client: Client;
let root: string;

beforeAll(async () => {
  app = await startApp();
  home = await app.browser.newContext();
  page = await app.open({ context: home });
});
afterAll(() => app.close());

const minutesOf = (name: string) => row(page, name).locator('.minutes').first().innerText();
const call = (account: string, idempotencyKey: string, quantity: string) =>
  client.usage.record.mutate({
    account,
    events: [{ meter: 'call.minutes', quantity, occurredAt: new Date().toISOString(), idempotencyKey }],
  });

describe('the web app', () => {
  it('is claimed through the one-time link, and only once', async () => {
    await page.goto(app.setupLink);
    await page.getByLabel('Main account').waitFor();
    await expectAccessible(page, 'first run');
    await page.getByLabel('Main account').fill('Acme Group');
    await page.getByLabel('Your name').fill('Olivia Owner');
    await page.getByLabel('E-mail address').fill('olivia@example');
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Create main account' }).click();
    expect(page.url()).toContain('/setup/');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create main account' }).click();
    await page.getByText('Give an e-mail address.').waitFor();
    await expect.poll(() => page.evaluate<string>('document.activeElement.name'), patiently).toBe('email');
    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByRole('button', { name: 'Create main account' }).dblclick();
    await page.getByText('No subaccounts yet').waitFor();
    root = /\/a\/([^/]+)/.exec(page.url())?.[1] ?? '';
    const again = await app.open();
    await again.goto(app.setupLink);
    await again.getByText('Already set up').waitFor();
    await again.context().close();
  });

  it('creates accounts, one for a double click, nests them, and says which names are taken', async () => {
    await create(page, 'Acme North');
    await page.getByRole('button', { name: 'Create subaccount' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('acme north');
    await dialog.getByRole('button', { name: 'Create acme north' }).click();
    await dialog.getByText(/already has a subaccount named/).waitFor();
    await dialog.getByLabel('Name').fill('Acme South');
    await dialog.getByRole('button', { name: 'Create Acme South' }).dblclick();
    await row(page, 'Acme South').waitFor();
    expect(await row(page, 'Acme South').count()).toBe(1);
    await choose(page, 'Acme North', 'Create nested');
    await dialog.getByLabel('Name').fill('Northgate Dental');
    await dialog.getByRole('button', { name: 'Create Northgate Dental' }).click();
    await row(page, 'Northgate Dental').waitFor();
    expect(await row(page, 'Northgate Dental').getAttribute('aria-level')).toBe('2');
  });

  it('says of an address that there is nothing, with a way back', async () => {
    const inside = page.url().replace(/subaccounts.*/, 'nothing');
    await page.goto(inside);
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    await expectAccessible(page, 'nothing inside');
    await page.getByRole('link', { name: 'To the subaccounts' }).click();
    await page.getByRole('heading', { name: 'Subaccounts', level: 1 }).waitFor();
    await page.goto(`${app.url}/nothing/at/all`);
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    await expectAccessible(page, 'nothing outside');
    await page.getByRole('link', { name: 'To your accounts' }).click();
    await page.getByRole('heading', { name: 'Subaccounts', level: 1 }).waitFor();
  });

  it('renames, searches, and brings everything back', async () => {
    await choose(page, 'Acme South', 'Rename');
    await page.getByLabel('New name of Acme South').fill('Acme West');
    await page.keyboard.press('Enter');
    await row(page, 'Acme West').waitFor();
    await page.getByPlaceholder('Search name or id').fill('dental');
    await expect.poll(() => row(page, 'Acme West').count(), patiently).toBe(0);
    await row(page, 'Northgate Dental').waitFor();
    await page.getByPlaceholder('Search name or id').fill('nothing of that name');
    await page.getByText('Nothing found').waitFor();
    await page.keyboard.press('Escape');
    await row(page, 'Acme West').waitFor();
  });

  it('makes a key, and shows minutes and accounts as programs change them, also after the server was away', async () => {
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByLabel('Name of the new key').fill('CRM sync');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = await page.getByRole('status').locator('code').innerText();
    // A second Enter makes no second key.
    await expect.poll(() => page.getByLabel('Name of the new key').inputValue(), patiently).toBe('');
    await expectAccessible(page, 'keys');
    client = clientWithToken(app.url, key);
    await page.getByRole('link', { name: 'Subaccounts' }).click();
    const { rows } = await client.accounts.list.query({ account: root });
    const north = rows.find(({ name }) => name === 'Acme North')?.id ?? '';
    await row(page, 'Acme North').waitFor();
    await call(north, 'one', '12.5');
    await expect.poll(() => minutesOf('Acme North'), patiently).toMatch(/^12\.5\b/);
    await client.accounts.create.mutate({ account: root, name: 'By a program' });
    await row(page, 'By a program').waitFor();
    await app.stop();
    await page
      .getByText(/Offline/)
      .first()
      .waitFor();
    await app.start();
    await call(north, 'two', '100');
    await expect.poll(() => minutesOf('Acme North'), { ...patiently, timeout: 40_000 }).toMatch(/^112\.5\b/);
  });

  it('takes what is typed right after the palette was asked for, however long it is on its way, and gives the focus back', async () => {
    const other = await app.open({ context: home });
    const coming = Promise.withResolvers<void>();
    await other.route('**/palette-*.js', async (route) => {
      await coming.promise;
      await route.continue();
    });
    await other.goto(`${app.url}/a/${root}/members`);
    await other.getByRole('heading', { name: 'Members' }).waitFor();
    const link = other.getByRole('link', { name: 'Members', exact: true });
    const isFocused = () => link.evaluate((one) => one === document.activeElement);
    await link.focus();
    const asked = other.waitForRequest('**/palette-*.js');
    await other.keyboard.press('Control+k');
    await other.keyboard.type('mem');
    await other.keyboard.press('Escape');
    await other.keyboard.press('Control+k');
    // With Enter alone it would lead to the link, and “g a” would change the account.
    await other.keyboard.type('ga');
    await other.keyboard.press('Backspace');
    await other.keyboard.press('Backspace');
    await other.keyboard.press('Enter');
    await other.keyboard.type('activ');
    await asked;
    coming.resolve();
    await other.keyboard.type('ity');
    const palette = other.getByRole('dialog', { name: 'Search or jump to' });
    await palette.getByRole('option', { name: /^Activity/ }).waitFor();
    expect(await palette.getByRole('combobox').inputValue()).toBe('activity');
    await other.keyboard.press('Escape');
    await expect.poll(isFocused).toBe(true);
    await other.close();
  });

  it('switches into an account with a banner that stays, and two tabs act in two accounts', async () => {
    await row(page, 'Acme North').getByRole('button', { name: 'Switch to Acme North' }).click();
    await page.getByText(/Acting inside/).waitFor();
    await row(page, 'Northgate Dental').waitFor();
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${root}/subaccounts`);
    await row(other, 'Acme West').waitFor();
    expect(await other.getByText(/Acting inside/).count()).toBe(0);
    await other.close();
    await page.reload();
    await row(page, 'Northgate Dental').waitFor();
    await page.getByRole('button', { name: 'Return to Acme Group' }).click();
    await row(page, 'Acme West').waitFor();
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByText('created the API key CRM sync').waitFor();
    await expectAccessible(page, 'activity');
    await page.goBack();
    await row(page, 'Acme West').waitFor();
  });

  it('suspends with a preview, reactivates, and closes what has its name typed', async () => {
    await choose(page, 'Acme North', 'Suspend');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This affects').waitFor();
    await dialog.getByRole('button', { name: 'Suspend Acme North' }).click();
    await row(page, 'Acme North').getByText('Suspended').first().waitFor();
    await choose(page, 'Acme North', 'Reactivate');
    await expect.poll(() => row(page, 'Acme North').getByText('Suspended').count(), patiently).toBe(0);
    await choose(page, 'Acme West', 'Close');
    const confirm = dialog.getByRole('button', { name: 'Close Acme West' });
    await dialog.getByLabel('Type Acme West to confirm').fill('Acme West');
    await confirm.click();
    await expect.poll(() => row(page, 'Acme West').count(), patiently).toBe(0);
  });

  it.each([1440, 900])('acts on an account from its panel, and gives the focus back (%i px)', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await row(page, 'Acme North').locator('bdi').first().click();
    const panel = page.getByRole('complementary', { name: 'Account' });
    const actions = panel.getByRole('button', { name: /^Actions for/ });
    const field = panel.getByRole('textbox', { name: /^New name of/ });
    const isFocused = (what: Locator) =>
      what.evaluate((element) => {
        const root = element.getRootNode();
        return (root instanceof ShadowRoot ? root : document).activeElement === element;
      });
    await expect.poll(() => isFocused(panel.getByRole('heading', { name: 'Acme North' })), patiently).toBe(true);
    const choosePanel = async (entry: string): Promise<void> => {
      await actions.click();
      await page.getByRole('menuitem', { name: entry }).click();
    };
    await choosePanel('Rename');
    await expect.poll(() => isFocused(field), patiently).toBe(true);
    await field.fill('by a program');
    await page.keyboard.press('Enter');
    await panel.getByText(/already has a subaccount named/).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => isFocused(panel.getByRole('heading', { name: 'Acme North' })), patiently).toBe(true);
    await choosePanel('Suspend');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This affects').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => isFocused(actions), patiently).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Create nested' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => isFocused(actions), patiently).toBe(true);
    await page.getByRole('button', { name: 'Close panel' }).click();
    await panel.waitFor({ state: 'detached' });
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('invites people, who see what their role lets them', async () => {
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByLabel('Invite by e-mail address').fill('vic@example.com');
    await page.getByLabel('Role of the invitation').selectOption('viewer');
    await page.getByRole('button', { name: 'Invite' }).click();
    const link = await page.locator('code').innerText();
    await expectAccessible(page, 'members');
    const guest = await app.open();
    await guest.goto(link);
    await guest.getByLabel('Your name').fill('Vic Viewer');
    await guest.getByLabel('Password').fill(PASSWORD);
    await guest.getByRole('button', { name: 'Join Acme Group' }).click();
    // They land where there is something for them, and nothing else is offered.
    await guest.getByRole('heading', { name: 'Products', level: 1 }).waitFor();
    const pages = guest.getByRole('navigation', { name: 'Pages' });
    expect(await pages.getByRole('link').allInnerTexts()).toEqual(['Products', 'Activity']);
    await pages.getByRole('link', { name: 'Activity' }).click();
    await guest.getByText('Vic Viewer joined Acme Group as viewer').waitFor();
    await guest.goto(guest.url().replace('activity', 'members'));
    await guest.getByText('You may not see this').waitFor();
    await guest.context().close();
  });

  it('lists what is done with many accounts, saves the file of a job, and takes back another', async () => {
    const { rows } = await client.accounts.list.query({ account: root });
    const accounts = rows.map(({ id }) => id);
    await client.accounts.export.mutate({ account: root, accounts });
    await page.getByRole('link', { name: 'Work' }).click();
    await page.getByRole('link', { name: 'Export' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Save .*\.csv$/ }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/\.csv$/);
    const { job } = await client.accounts.suspendMany.mutate({ account: root, accounts, kind: 'read_only' });
    await page.goto(`${app.url}/a/${root}/work/${job}`);
    await page.getByRole('button', { name: 'Undo all' }).waitFor();
    // Somebody does so for one of them.
    await client.accounts.reactivate.mutate({ account: accounts[0] ?? '' });
    await page.getByRole('button', { name: 'Undo all' }).click();
    await page
      .getByText(`It takes back what was done to ${accounts.length} accounts. One of them was changed`)
      .waitFor();
    await page.getByText(/Suspension: none already\. Set by /).waitFor();
    await expectAccessible(page, 'what is left when a job is undone');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('heading', { name: /^Undo|Reactivate/ }).waitFor();
    await expect.poll(() => page.getByRole('cell', { name: 'Done' }).count(), patiently).toBe(accounts.length - 1);
    await page.getByText(/Suspension: none already\. Set by /).waitFor();
    await page.getByRole('link', { name: 'All jobs' }).click();
    await expect.poll(() => page.getByRole('row').count(), patiently).toBe(4);
    const { rows: after } = await client.accounts.list.query({ account: root });
    expect(after.map(({ status }) => status)).toEqual(rows.map(({ status }) => status));
  });

  it('asks who is back when the session ended elsewhere, and goes on where one was', async () => {
    await page.getByRole('link', { name: 'Activity' }).click();
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
    await home.clearCookies();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(/is not right/).waitFor();
    await signIn(page);
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
  });

  it('has thrown nothing, and tried nothing that its policy forbids', () => {
    expect(app.faults).toEqual([]);
  });
});

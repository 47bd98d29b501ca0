import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, signIn as signInByApi } from '../../../api/test/support/clients.ts';
import { type App, EMAIL, expectAccessible, signIn, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';

const patiently = { timeout: 20_000, interval: 50 };
const NEW = 'another good password';
let app: App;
let owner: Owner;
let page: Page;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  page = await app.open({ context: await owner.context() });
});
afterAll(() => app.close());

const press = (name: string) => page.getByRole('button', { name }).click();

describe('one’s own profile', () => {
  it('is behind one’s menu, and leads back to where one was', async () => {
    await page.goto(`${app.url}/a/${owner.root}/activity`);
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Your profile' }).click();
    await page.getByRole('heading', { name: 'Your profile' }).waitFor();
    await page.getByText(`You sign in as ${EMAIL}.`).waitFor();
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('heading', { name: 'Activity' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Your profile' }).waitFor();
  });

  it('has nothing that axe finds fault with, light at 1280 px and dark at 420 px', async () => {
    await page.getByText('(this one)').waitFor();
    await expectAccessible(page, 'profile light 1280');
    await page.setViewportSize({ width: 420, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await expectAccessible(page, 'profile dark 420');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  });

  it('has a name that changes everywhere', async () => {
    await page.getByLabel('Your name').fill('Olivia Okafor');
    await press('Save name');
    await expect.poll(() => page.getByLabel('Your name').inputValue(), patiently).toBe('Olivia Okafor');
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'Signed in as Olivia Okafor' }).waitFor();
    await page.goBack();
  });

  it('has a password whose change ends other sessions, and keeps this page live', async () => {
    await signInByApi(app.url, EMAIL, PASSWORD);
    await page.reload();
    await expect.poll(() => page.getByRole('button', { name: /^Sign out / }).count(), patiently).toBeGreaterThan(1);
    await page.getByLabel('Present password').fill('not the password');
    await page.getByLabel('New password').fill(NEW);
    await press('Change password');
    await page.getByText('This is not your present password.').waitFor();
    await page.getByLabel('Present password').fill(PASSWORD);
    await press('Change password');
    await page.getByText('Your password is changed.').waitFor();
    expect(await page.getByLabel('New password').inputValue()).toBe('');
    await expect.poll(() => page.getByRole('row').count(), patiently).toBe(2);
    await page.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await page.getByText('No subaccounts yet').waitFor();
  });

  it('lists sessions, ends one, and then all', async () => {
    const cookie = await signInByApi(app.url, EMAIL, NEW);
    await page.goto(`${app.url}/you`);
    await page.getByRole('button', { name: /^Sign out (?!everywhere)/ }).click();
    await expect.poll(() => page.getByRole('row').count(), patiently).toBe(2);
    expect((await fetch(`${app.url}/trpc/session.me`, { headers: { cookie } })).status).toBe(401);
    await press('Sign out everywhere');
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${app.url}/you`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
});

describe('a forgotten password', () => {
  it('is chosen anew by a link in a mail', async () => {
    await page.goto(`${app.url}/login`);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('E-mail address').fill(EMAIL);
    await expectAccessible(page, 'forgot');
    await press('Mail me a link');
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
    await expect.poll(async () => (await app.mails()).length, patiently).toBe(1);
    const [mail = ''] = await app.mails();
    const link = /https?:\S+\/reset\/\S+/.exec(mail)?.[0] ?? '';
    await page.goto(link);
    await page.getByLabel('New password').fill('1234567890');
    await expectAccessible(page, 'reset');
    await press('Set new password');
    await page.getByText(/attackers try first/).waitFor();
    await page.getByLabel('New password').fill(PASSWORD);
    await press('Set new password');
    await page.getByText('Your new password is set.').waitFor();
    await signIn(page);
    await page.getByText('No subaccounts yet').waitFor();
    await page.goto(link);
    await page.getByLabel('New password').fill(NEW);
    await press('Set new password');
    await page.getByText('This link is not valid any more.').waitFor();
    await page.getByRole('link', { name: 'Ask for a new link' }).waitFor();
  });

  it('has thrown nothing, and tried nothing that its policy forbids', () => {
    expect(app.faults).toEqual([]);
  });
});

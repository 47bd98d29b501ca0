import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { type App, choose, expectAccessible, row, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';

const patiently = { timeout: 20_000, interval: 50 };
let app: App;
let owner: Owner;
let page: Page;
let north: string;
let dental: string;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  const { client, root } = owner;
  const create = async (account: string, name: string) =>
    (await client.accounts.create.mutate({ account, name })).account.id;
  north = await create(root, 'Acme North');
  await create(root, 'Acme South');
  dental = await create(north, 'Northgate Dental');
  page = await app.open({ context: await owner.context() });
});
afterAll(() => app.close());

const stop = (name: string, level: string) =>
  page.getByRole('radiogroup', { name, exact: true }).getByRole('radio', { name: level });
const effect = (name: string) =>
  page
    .getByRole('row')
    .filter({ has: page.getByRole('radiogroup', { name, exact: true }) })
    .innerText();
const levelOf = async (account: string, key: string) =>
  (await owner.client.permissions.get.query({ account })).rows.find((one) => one.key === key)?.level;

describe('permissions', () => {
  it('open from the menu of a row, at an address of their own', async () => {
    await page.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await choose(page, 'Acme North', 'Permissions');
    await page.getByRole('grid', { name: 'Permissions of Acme North' }).waitFor();
    expect(page.url()).toMatch(/\/subaccounts\/[\w-]+\/permissions$/);
    expect(await page.getByRole('radiogroup').count()).toBe(28);
    await page.reload();
    await page.getByRole('grid', { name: 'Permissions of Acme North' }).waitFor();
    await expectAccessible(page, 'permissions');
  });

  it('are chosen by keys, looked at, saved, told in the table, and taken back', async () => {
    await stop('Telephony', 'Full').focus();
    await page.keyboard.press('ArrowLeft');
    await stop('Tasks', 'None').click();
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByText(/2 accounts checked/).waitFor();
    await expectAccessible(page, 'the review of permissions');
    await page.getByRole('button', { name: 'Save 2 changes' }).click();
    await page.getByText('Permissions of Acme North saved').waitFor();
    expect([await levelOf(north, 'telephony'), await levelOf(north, 'tasks')]).toEqual(['read', 'none']);
    await expect.poll(() => row(page, 'Acme North').innerText(), patiently).toContain('2 restricted');
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => levelOf(north, 'telephony'), patiently).toBe('full');
    // The page reads them after the server has them.
    await expect.poll(() => stop('Tasks', 'Full').isChecked(), patiently).toBe(true);
  });

  it('show both sides where somebody else saved meanwhile', async () => {
    await stop('Tasks', 'Read').click();
    await page.getByRole('button', { name: 'Review' }).click();
    const { version } = await owner.client.permissions.get.query({ account: north });
    await owner.client.permissions.set.mutate({
      account: north,
      levels: { tasks: 'none', 'agents.callFlow': 'read' },
      expectedVersion: version ?? 0,
    });
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await page.getByRole('dialog').getByText('Somebody else saved other levels meanwhile').waitFor();
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await expect.poll(() => levelOf(north, 'tasks'), patiently).toBe('read');
    expect(await levelOf(north, 'agents.callFlow')).toBe('read');
  });

  further('tell below who holds what, and every reason', async () => {
    await page.goto(`${app.url}/a/${owner.root}/subaccounts/${dental}/permissions`);
    await page.getByRole('grid', { name: 'Permissions of Northgate Dental' }).waitFor();
    await expect.poll(() => effect('Call Flow'), patiently).toContain('Held by Acme North');
    await page.getByRole('button', { name: 'Why Call Flow is Read' }).click();
    await page
      .getByText(/Set by Olivia Owner/)
      .first()
      .waitFor();
    await expectAccessible(page, 'a reason');
    await page.getByRole('button', { name: 'Permissions of Acme North' }).click();
    await page.getByRole('grid', { name: 'Permissions of Acme North' }).waitFor();
    expect(page.url()).toContain(`/subaccounts/${north}/permissions`);
  });

  further('are what the table is kept to, by an address, at any depth, with search, and live', async () => {
    const { client, root } = owner;
    await page.goto(`${app.url}/a/${root}/subaccounts?caps=restricted`);
    await row(page, 'Acme North').waitFor();
    await expect.poll(() => row(page, 'Acme South').count(), patiently).toBe(0);
    const { version } = await client.permissions.get.query({ account: dental });
    await client.permissions.set.mutate({ account: dental, levels: { tasks: 'none' }, expectedVersion: version ?? 0 });
    await row(page, 'Northgate Dental').waitFor({ timeout: 20_000 });
    await page.getByRole('searchbox').fill('dental');
    await expect.poll(() => page.url(), patiently).toMatch(/q=dental&caps=restricted$/);
    await expectAccessible(page, 'a table that is kept to some accounts');
    await page.getByRole('button', { name: 'Restricted. Remove filter' }).click();
    await expect.poll(() => page.url(), patiently).toMatch(/\?q=dental$/);
  });

  it('are saved as a preset, taken elsewhere, and begin new subaccounts', async () => {
    const { client, root } = owner;
    await page.goto(`${app.url}/a/${root}/subaccounts/${north}/permissions`);
    await page.getByRole('button', { name: 'Presets…' }).click();
    await page.getByText('Save these levels as a preset of Acme Group').click();
    await page.getByLabel('Name of the preset').fill('Client standard');
    await page.getByRole('button', { name: 'Save as new preset' }).click();
    await page.getByRole('button', { name: 'Make default: Client standard' }).click();
    await page.getByText('New subaccounts of Acme Group begin with it').waitFor();
    await page.keyboard.press('Escape');
    const { account } = await client.accounts.create.mutate({ account: root, name: 'Acme West' });
    expect(await levelOf(account.id, 'agents.callFlow')).toBe('read');
  });
});

it('no page complained', () => {
  expect(app.faults).toEqual([]);
});

import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { codeOf } from '../../../api/test/support/clients.ts';
import { type App, expectAccessible, row, startApp, tick } from './app.ts';
import { claim, type Owner } from './owner.ts';

let app: App;
let owner: Owner;
let home: BrowserContext;
let north: string;
beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  home = await owner.context();
  const create = async (name: string) =>
    (await owner.client.accounts.create.mutate({ account: owner.root, name })).account.id;
  north = await create('Acme North');
  await create('Acme South');
});
afterAll(() => app.close());

describe('limits on a real server', () => {
  it('are a page with its own address: set there they hold at once, and the bar follows what is used', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/subaccounts/${north}/limits`);
    await page.getByRole('button', { name: 'Edit limit: Agents' }).click();
    await page.getByRole('textbox', { name: 'Maximum', exact: true }).first().fill('2');
    await page.getByText(/unlimited → at most 2/).waitFor();
    await expectAccessible(page, 'a limit being set');
    await page.keyboard.press('Enter');
    await page.getByText('0 of 2 used · 0 %').waitFor();
    const make = (name: string) =>
      owner.client.products.create.mutate({ account: north, kind: 'agent', products: [{ document: { name } }] });
    await make('Reception');
    await page.getByText('1 of 2 used · 50 %').waitFor();
    await make('Night shift');
    await page.getByText('Reached: nothing more is let through').waitFor();
    expect(await codeOf(make('One too many'))).toBe('LIMIT_REACHED');
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('are set for all that is selected as a job, and a suspension of all of it is taken back', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/subaccounts`);
    for (const name of ['Acme North', 'Acme South']) {
      await row(page, name).hover();
      await tick(row(page, name).getByRole('checkbox'));
    }
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Set limits…' }).click();
    await dialog.getByLabel('At most').fill('1000');
    await tick(dialog.getByRole('checkbox', { name: 'Members' }));
    await dialog.locator('#members-max').fill('3');
    await dialog
      .getByText(/Call minutes: unlimited → 1,000.* · Members: unlimited → 3/)
      .first()
      .waitFor();
    await expectAccessible(page, 'limits of many being set');
    await dialog.getByRole('button', { name: 'Set for 2 accounts' }).click();
    await dialog.getByText('2 accounts done').waitFor({ timeout: 20_000 });
    await row(page, 'Acme South').getByText('0 % of 1,000').waitFor();
    await dialog.getByRole('button', { name: 'Undo all' }).click();
    await dialog.getByText(/Taken back/).waitFor({ timeout: 20_000 });
    await vi.waitFor(async () => {
      const { limits } = await owner.client.limits.get.query({ account: north });
      expect(limits.filter(({ kind }) => ['minutes', 'members'].includes(kind)).map(({ max }) => max)).toEqual([
        null,
        null,
      ]);
    });
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Suspend…' }).click();
    await dialog.getByRole('button', { name: 'Suspend 2 accounts' }).click();
    await dialog.getByText('2 accounts done').waitFor({ timeout: 20_000 });
    const statuses = async () =>
      (await owner.client.accounts.list.query({ account: owner.root })).rows.map(({ status }) => status);
    expect(await statuses()).toEqual(['suspended', 'suspended']);
    await dialog.getByRole('button', { name: 'Undo all' }).click();
    await dialog.getByText(/Taken back/).waitFor({ timeout: 20_000 });
    await vi.waitFor(async () => expect(await statuses()).toEqual(['active', 'active']));
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('and accounts that are selected are written into a file by a job, which is saved', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/subaccounts`);
    await row(page, 'Acme North').hover();
    await tick(row(page, 'Acme North').getByRole('checkbox'));
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const saving = page.waitForEvent('download', { timeout: 20_000 });
    await page.getByRole('dialog').getByRole('button', { name: 'Write file' }).click();
    const file = await saving;
    expect(file.suggestedFilename()).toMatch(/\.csv$/);
    const stream = await file.createReadStream();
    const text = (await stream.toArray()).join('');
    expect(text).toContain('Acme North');
    expect(text).not.toContain('Acme South');
    await page.close();
    expect(app.faults).toEqual([]);
  });
});

import { readFile } from 'node:fs/promises';
import type { RowId } from '@tenantree/domain';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { join, PASSWORD, signIn } from '../../../api/test/support/clients.ts';
import { type App, row, startApp, tick } from './app.ts';
import { look } from './look.ts';
import { claim, type Owner } from './owner.ts';

let app: App;
let owner: Owner;
let home: BrowserContext;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  home = await owner.context();
});
afterAll(async () => {
  await app.close();
  expect(app.faults).toEqual([]);
});

type Kind = Parameters<Owner['client']['products']['create']['mutate']>[0]['kind'];
const make = async (account: string, kind: Kind, document: Record<string, unknown>): Promise<RowId> => {
  const asked = { account, kind, products: [{ document: document as never }] };
  return (await owner.client.products.create.mutate(asked)).products[0]!.id;
};
const subaccount = async (name: string, account = owner.root) =>
  (await owner.client.accounts.create.mutate({ account, name })).account.id;
const limitOf = async (account: string, wanted: string) =>
  (await owner.client.limits.get.query({ account })).limits.find(({ kind }) => kind === wanted)?.max;

/** A reseller with an agent that greets with the name of whoever has it, and needs a tool with a key; and accounts below. */
async function reseller(name: string) {
  const account = await subaccount(name);
  const tool = await make(account, 'tool', {
    name: 'Calendar',
    auth: { type: 'bearer', apiKey: 'key-of-the-reseller' },
  });
  const agent = await make(account, 'agent', {
    name: 'Front desk',
    prompt: { greeting: 'Hello, this is {{company}}.', instructions: 'Help {{contact}}.' },
    tools: { items: [{ id: 'calendar', tool }] },
  });
  const acme = await subaccount(`Acme of ${name}`, account);
  const bright = await subaccount(`Bright of ${name}`, account);
  return { account, agent, tool, acme, bright };
}

const idOf = async (account: string, wanted: string): Promise<RowId> =>
  (await owner.client.blueprints.list.query({ account })).blueprints.find(({ name }) => name === wanted)!.id;
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click();
const jobEnded = async (page: Page): Promise<void> => {
  // “Done” stands there from the beginning, beside how many are.
  await page.getByText('Ended', { exact: true }).waitFor();
};

/** Writes a blueprint with a limit, an agent, its tool, and what these ask for. */
async function write(page: Page, account: string): Promise<void> {
  await page.goto(`${app.url}/a/${account}/blueprints`);
  await page.getByText(/^No blueprints yet/).waitFor();
  await press(page, 'New blueprint');
  await page.getByLabel('Name', { exact: true }).fill('Practice');
  await page.getByRole('button', { name: 'Add Front desk v1' }).waitFor();
  await press(page, 'Save blueprint');
  await page.getByText('A blueprint sets something up: name caps, limits, a price book or products.').waitFor();
  await page.getByLabel('Agents', { exact: true }).check();
  await page.getByLabel('Agents: at most').fill('5');
  await page.getByLabel('What accounts may do').selectOption('levels');
  await page.getByLabel('Tasks', { exact: true }).selectOption('read');
  await press(page, 'Add Front desk v1');
  await page.getByLabel('Kind').selectOption({ label: 'Tools' });
  await press(page, 'Add Calendar v1');
  await page.getByLabel(/^Ask for \{\{company\}\}/).check();
  await page.getByLabel('Asks for company as').fill('Company');
  await page.getByLabel(/^Ask for the secret of Calendar/).check();
  await page.getByLabel('Asks for apiKey as').fill('Key of the calendar');
}

describe('Blueprints', () => {
  it('are made, applied, compared with what accounts are, brought in line and taken back', async () => {
    const { account, acme, bright } = await reseller('Whole way');
    const page = await app.open({ context: home });
    await write(page, account);
    await look(page, 'blueprint-new');
    await press(page, 'Save blueprint');
    await page.getByText('It has set up no account yet.').waitFor();

    await press(page, 'Apply to accounts');
    expect(await page.getByRole('button', { name: 'Preview' }).isDisabled()).toBe(true);
    await press(page, 'Choose all below');
    await page.getByText('2 accounts chosen').waitFor();
    await page.getByLabel('Company').fill('Acme Dental');
    await page.getByLabel('Key of the calendar').fill('key-of-the-customer');
    await page.getByLabel('Limits that are there').selectOption('keepLocal');
    await press(page, 'Preview');
    await page.getByText('What it does to 2 accounts').waitFor();
    await page.getByText('Agents: Unlimited → 5').first().waitFor();
    await look(page, 'blueprint-preview');
    await press(page, 'Apply');
    await jobEnded(page);
    await look(page, 'blueprint-job');
    const agents = await owner.client.products.list.query({ account: acme, kind: 'agent' });
    const copy = agents.rows[0]!;
    const { product } = await owner.client.products.get.query({ account: acme, kind: 'agent', product: copy.id });
    expect(product.document['prompt']).toMatchObject({
      greeting: 'Hello, this is Acme Dental.',
      instructions: 'Help {{contact}}.',
    });

    await owner.client.limits.set.mutate({ account: acme, limits: [{ kind: 'agents', max: 8 }] });
    await page.goto(`${app.url}/a/${account}/blueprints`);
    await page.getByText('1 as set up, 1 changed here').waitFor();
    await look(page, 'blueprints');
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByLabel('Agents: at most').fill('6');
    await press(page, 'Save version 2');
    await page.getByText('1 newer available, 1 both').waitFor();
    await page.getByRole('link', { name: 'Practice' }).click();
    await press(page, '1 both');
    await page.getByRole('link', { name: 'Acme of Whole way' }).waitFor();
    await look(page, 'blueprint-drift');

    await press(page, '2 in all');
    await page.getByLabel('Choose all that are shown').check();
    await press(page, 'Bring in line');
    await press(page, 'Preview');
    await page.getByText('Agents stays').waitFor();
    await page.getByText('Agents: 5 → 6').waitFor();
    await look(page, 'blueprint-line');
    await press(page, 'Bring in line');
    await jobEnded(page);
    expect([await limitOf(acme, 'agents'), await limitOf(bright, 'agents')]).toEqual([8, 6]);

    await page.goto(`${app.url}/a/${account}/blueprints`);
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByLabel('Choose Bright of Whole way').check();
    await press(page, 'Take back');
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
    await jobEnded(page);
    expect(await limitOf(bright, 'agents')).toBe(5);
    // What was changed in the account since stays when it is taken back, and is named; all of that is a file, too.
    await page.goto(`${app.url}/a/${account}/blueprints`);
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByLabel('Choose Acme of Whole way').check();
    await press(page, 'Apply again');
    await page.getByRole('heading', { name: 'Apply Practice', level: 1 }).waitFor();
    await page.getByLabel('Company').fill('Acme Clinic');
    await page.getByLabel('Key of the calendar').fill('key-of-the-customer');
    await press(page, 'Preview');
    await page.getByText('1 place updated').waitFor();
    await page.getByText('Agents: 8 → 6').waitFor();
    await page.getByText('1 place updated').click();
    await page.getByText('Hello, this is Acme Clinic.').waitFor();
    await look(page, 'blueprint-again');
    await press(page, 'Apply');
    await jobEnded(page);
    const asked = { account: acme, kind: 'agent', product: copy.id } as const;
    const { version: expectedVersion } = (await owner.client.products.get.query(asked)).product;
    await owner.client.products.save.mutate({ ...asked, expectedVersion, document: { name: 'Front desk two' } });
    await page.goto(`${app.url}/a/${account}/blueprints`);
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByLabel('Choose Acme of Whole way').check();
    await press(page, 'Take back');
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
    await jobEnded(page);
    await page.getByText('“Front desk” stays. It was changed by somebody else since.').waitFor();
    await look(page, 'blueprint-kept');
    const saving = page.waitForEvent('download');
    await press(page, 'Save as CSV');
    const file = await saving;
    expect(file.suggestedFilename()).toMatch(/^job-.*\.csv$/);
    expect(await readFile(await file.path(), 'utf8')).toMatch(
      /^\uFEFFitem,account,name,.*\r\n1,.*Acme of Whole way.*,done,/,
    );
    await page.close();
  });

  further(
    'set a new account up in the dialog that makes it, and are applied to what is selected in the table',
    async () => {
      const { account, agent, acme } = await reseller('In the table');
      const { client } = owner;
      const at = [{ product: agent, place: '/prompt/greeting' }];
      await client.blueprints.save.mutate({
        account,
        name: 'Practice',
        limits: { agents: { max: 5 } },
        products: [{ product: agent }],
        variables: [{ key: 'company', label: 'Company', at }],
      });
      const page = await app.open({ context: home });
      await page.goto(`${app.url}/a/${account}/subaccounts`);
      await row(page, 'Acme of In the table').waitFor();
      await press(page, 'Create subaccount');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name', { exact: true }).fill('Corner Dental');
      await dialog.getByLabel('Blueprint').selectOption({ label: 'Practice v1' });
      await dialog.getByRole('button', { name: 'Create Corner Dental' }).click();
      await dialog.getByText('“Company” is needed.').waitFor();
      await look(page, 'blueprint-create');
      await dialog.getByLabel('Company').fill('Corner');
      await dialog.getByLabel('Company').press('Enter');
      await row(page, 'Corner Dental').waitFor();
      const { rows } = await client.blueprints.drift.query({ account, blueprint: await idOf(account, 'Practice') });
      expect(rows).toMatchObject([{ account: { name: 'Corner Dental' }, drift: 'as_set_up', state: 'set_up' }]);

      await tick(row(page, 'Acme of In the table').getByRole('checkbox'));
      await press(page, 'Apply blueprint…');
      await page.getByRole('link', { name: 'Apply Practice' }).press('Enter');
      await page.getByText('1 account chosen').waitFor();
      // By the keyboard alone.
      await page.getByLabel('Company').focus();
      await page.keyboard.type('Acme');
      await page.keyboard.press('Enter');
      const apply = page.getByRole('button', { name: 'Apply', exact: true });
      await apply.waitFor();
      await apply.press('Enter');
      await jobEnded(page);
      expect(await limitOf(acme, 'agents')).toBe(5);
      await press(page, 'Undo all');
      await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
      await expect.poll(() => limitOf(acme, 'agents')).toBeNull();
      await page.close();
    },
  );

  further(
    'have parts of an agent and thresholds, and an earlier version is looked at before it is written on',
    async () => {
      const { account } = await reseller('In parts');
      const page = await app.open({ context: home });
      await page.goto(`${app.url}/a/${account}/blueprints`);
      await press(page, 'New blueprint');
      await page.getByLabel('Name', { exact: true }).fill('Practice');
      await page.getByLabel('Agents', { exact: true }).check();
      await page.getByLabel('Agents: at most').fill('5');
      const thresholds = page.getByLabel('Agents: say so at (%)');
      expect(await thresholds.inputValue()).toBe('80, 95, 100');
      await thresholds.fill('100, 50');
      await press(page, 'Add Front desk v1');
      await page.getByText('All parts').click();
      for (const part of ['General', 'Call Flow', 'Analytics', 'Notifications', 'Knowledge', 'Tools'])
        await page.getByLabel(`Front desk: ${part}`).uncheck();
      await page.getByText('1 of 7 parts').waitFor();
      expect(await page.getByLabel('Front desk: Prompt').isDisabled()).toBe(true);
      await press(page, 'Save blueprint');
      await page.getByText(/^Thresholds are whole percents from 1/).waitFor();
      await thresholds.fill('50, 100');
      await press(page, 'Save blueprint');
      await page.getByText('It has set up no account yet.').waitFor();
      const { client } = owner;
      const blueprint = await idOf(account, 'Practice');
      const versionAt = async (version: number) =>
        (await client.blueprints.get.query({ account, blueprint, version })).blueprint;
      expect(await versionAt(1)).toMatchObject({
        limits: { agents: { max: 5, thresholds: [50, 100] } },
        products: [{ name: 'Front desk', parts: ['prompt'] }],
      });
      await page.getByText('1 of 7 parts').click();
      await page.getByLabel('Front desk: Tools').check();
      await thresholds.fill('');
      await press(page, 'Save version 2');
      await page.getByRole('link', { name: 'Practice' }).click();
      await press(page, 'Show version 1');
      await page.getByText('What version 1 sets up').waitFor();
      await page.getByText('5 · says so at 50, 100 %').waitFor();
      await page.getByText('Front desk v1 · only Prompt').waitFor();
      expect(await page.getByLabel('Agents: at most').count()).toBe(0);
      // Whatever became of the agent since, it holds what it held.
      await page.locator('summary', { hasText: 'Front desk' }).press('Enter');
      await page.getByText('Hello, this is {{company}}.').waitFor();
      await look(page, 'blueprint-earlier');
      await press(page, 'Write version 3 from this one');
      expect(await page.getByLabel('Agents: say so at (%)').inputValue()).toBe('50, 100');
      await press(page, 'Save version 3');
      await page.getByRole('link', { name: 'Practice' }).waitFor();
      const restored = await versionAt(3);
      expect(restored.limits).toEqual((await versionAt(1)).limits);
      expect(restored.products?.map(({ parts }) => parts)).toEqual([['prompt']]);
      expect((await versionAt(2)).limits?.agents?.thresholds).toEqual([]);
      await page.close();
    },
  );

  further(
    'ask for nothing of what is left out, and apply what stands there, whatever was looked at before',
    async () => {
      const { account, agent, tool, acme } = await reseller('Left out');
      const { id } = await owner.client.blueprints.save.mutate({
        account,
        name: 'Practice',
        products: [{ product: agent }, { product: tool }],
        variables: [
          { key: 'company', label: 'Company', at: [{ product: agent, place: '/prompt/greeting' }] },
          { key: 'key', label: 'Key', secret: true, at: [{ product: tool, place: '/auth/apiKey' }] },
        ],
      });
      const page = await app.open({ context: home });
      await page.goto(`${app.url}/a/${account}/blueprints/${id}`);
      expect(await page.getByLabel(/^Ask for the secret of Calendar/).isChecked()).toBe(true);
      await press(page, 'Leave out Calendar');
      expect(await page.getByLabel(/^Ask for the secret of Calendar/).count()).toBe(0);
      await press(page, 'Save version 2');
      await page.getByRole('link', { name: 'Practice' }).click();
      await press(page, 'Apply to accounts');
      await press(page, 'Choose all below');
      await page.getByText('2 accounts chosen').waitFor();
      await page.getByLabel('Company').fill('Old');
      await page.getByLabel('Company').press('Enter');
      await page.getByLabel('Company').fill('New');
      await page.getByRole('button', { name: 'Preview' }).waitFor();
      expect(await page.getByRole('button', { name: 'Apply', exact: true }).count()).toBe(0);
      await press(page, 'Preview');
      await press(page, 'Apply');
      await jobEnded(page);
      const [copy] = (await owner.client.products.list.query({ account: acme, kind: 'agent' })).rows;
      const of = { account: acme, kind: 'agent', product: copy!.id } as const;
      expect((await owner.client.products.get.query(of)).product.document['prompt']).toMatchObject({
        greeting: 'Hello, this is New.',
      });
      await page.close();
    },
  );

  further('go on with all that came to a stop, by one press', async () => {
    const { account, agent } = await reseller('Stopped');
    const { client } = owner;
    const { id } = await client.blueprints.save.mutate({
      account,
      name: 'Practice',
      limits: { agents: { max: 0 } },
      products: [{ product: agent }],
    });
    for (const name of ['One', 'Two']) {
      const { account: made } = await client.accounts.create.mutate({ account, name, blueprint: { id, version: 1 } });
      await client.limits.set.mutate({ account: made.id, limits: [{ kind: 'agents', max: 1 }] });
    }
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${account}/blueprints/${id}`);
    await press(page, '2 incomplete');
    await page.getByLabel('Choose all that are shown').check();
    await look(page, 'blueprint-incomplete');
    await press(page, 'Go on with 2 accounts that are incomplete');
    await jobEnded(page);
    const { incomplete, counts } = await client.blueprints.drift.query({ account, blueprint: id });
    expect([incomplete, counts.changed_here]).toEqual([0, 2]);
    // All that stand so are chosen at once, whichever page has them.
    const plain = await client.blueprints.save.mutate({ account, name: 'Plain', limits: { members: { max: 5 } } });
    const blueprint = { id: plain.id, version: 1 };
    const many = Array.from({ length: 25 }, (_, n) => ({ name: `Many ${n}` }));
    await client.accounts.createMany.mutate({ account, accounts: many, blueprint });
    await client.accounts.create.mutate({ account, name: 'One more', blueprint });
    await page.goto(`${app.url}/a/${account}/blueprints/${plain.id}`);
    await press(page, 'Choose all that stand so, up to 500');
    await page.getByText('26 accounts chosen').waitFor();
    await press(page, 'Bring in line');
    await page.getByRole('heading', { name: 'Bring in line with Plain', level: 1 }).waitFor();
    await page.getByText('26 accounts chosen').waitFor();
    await page.close();
  });

  further('are renamed and deleted, and say at their fields what is refused', async () => {
    const { account } = await reseller('Refused');
    const { client } = owner;
    for (const name of ['Practice', 'Office'])
      await client.blueprints.save.mutate({ account, name, limits: { agents: { max: 5 } } });
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${account}/blueprints`);
    await page.getByRole('link', { name: 'Practice' }).click();
    await press(page, 'Rename');
    await page.getByLabel('Name, of all versions').fill('Office');
    await press(page, 'Save name');
    await page.getByText('There is a blueprint “Office” already.').waitFor();
    await page.getByLabel('Name, of all versions').fill('Clinic');
    await press(page, 'Save name');
    await page.getByRole('heading', { name: 'Clinic', level: 1 }).waitFor();
    // Somebody else saved meanwhile.
    await client.blueprints.save.mutate({
      account,
      blueprint: await idOf(account, 'Clinic'),
      expectedVersion: 1,
      name: 'Clinic',
      limits: { agents: { max: 7 } },
    });
    await page.getByLabel('Agents: at most').fill('6');
    await press(page, 'Save version 2');
    await page.getByText('“Clinic” is at version 2 by now: look at it, and save again.').waitFor();
    await page.getByRole('link', { name: 'Version 2, in a tab of its own' }).waitFor();
    await press(page, 'Save version 3');
    await page.getByRole('link', { name: 'Clinic' }).click();
    expect(await page.getByLabel('Agents: at most').inputValue()).toBe('6');
    // What is written is not given up unasked.
    await page.getByLabel('Agents: at most').fill('8');
    await press(page, 'Show version 1');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).last().click();
    expect(await page.getByLabel('Agents: at most').inputValue()).toBe('8');
    await press(page, 'Show version 1');
    await page.getByRole('dialog').getByRole('button', { name: 'Give it up' }).click();
    await page.getByText('What version 1 sets up').waitFor();
    await press(page, 'Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete blueprint' }).click();
    await page.getByRole('link', { name: 'Office' }).waitFor();
    expect(await page.getByRole('link', { name: 'Clinic' }).count()).toBe(0);
    await page.close();
  });

  it('is written and applied on no page by whoever may not, and says what that takes', async () => {
    const { account } = await reseller('Looked at');
    const limits = { agents: { max: 5 } };
    const { id } = await owner.client.blueprints.save.mutate({ account, name: 'Practice', limits });
    const email = 'vera@example.com';
    await join(app.url, owner.client, account, email, 'viewer');
    const context = await app.browser.newContext();
    const [name = '', value = ''] = (await signIn(app.url, email, PASSWORD)).split(/=(.*)/s);
    await context.addCookies([{ name, value, url: app.url }]);
    const page = await app.open({ context });
    await page.goto(`${app.url}/a/${account}/blueprints/new`);
    await page.getByRole('heading', { name: 'You can’t write blueprints in Looked at' }).waitFor();
    expect(await page.getByLabel('Name').count()).toBe(0);
    await look(page, 'blueprint-not-for-you');
    await page.goto(`${app.url}/a/${account}/import`);
    await page.getByRole('heading', { name: 'You can’t import accounts in Looked at' }).waitFor();
    await page.goto(`${app.url}/a/${account}/blueprints/${id}/apply`);
    await page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    await context.close();
  });
});

import type { RowId } from '@tenantree/domain';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { join, PASSWORD, signIn } from '../../../api/test/support/clients.ts';
import { type App, choose, expectAccessible, row, startApp } from './app.ts';
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
  const made = await owner.client.products.create.mutate({
    account,
    kind,
    products: [{ document: document as never }],
  });
  return made.products[0]!.id;
};
const subaccount = async (name: string, account = owner.root) =>
  (await owner.client.accounts.create.mutate({ account, name })).account.id;
const named = async (account: string, kind: Kind) =>
  (await owner.client.products.list.query({ account, kind })).rows.map(({ name }) => name);

/** A reseller with an agent that needs a knowledge base, a tool with an integration and a schedule, and may have a number; and a customer. */
async function shop(name: string) {
  const account = await subaccount(name);
  const base = await make(account, 'knowledgeBase', { name: 'Handbook' });
  const integration = await make(account, 'integration', { name: 'CRM', credentials: 'secret-of-the-parent' });
  const tool = await make(account, 'tool', { name: 'Calendar', integration });
  const schedule = await make(account, 'schedule', { name: 'Office hours' });
  const number = await make(account, 'phoneNumber', { name: 'Main line', number: '+4930123456' });
  const agent = await make(account, 'agent', {
    name: 'Front desk',
    prompt: { greeting: 'Hello' },
    knowledge: { bases: [base] },
    tools: { items: [{ id: 'calendar', tool }] },
    callFlow: { hours: schedule, number },
  });
  const customer = await subaccount(`Customer of ${name}`, account);
  await make(customer, 'schedule', { name: 'OFFICE hours' });
  return { account, base, agent, schedule, customer };
}

const tab = ({ account, customer }: Awaited<ReturnType<typeof shop>>) =>
  `${app.url}/a/${account}/subaccounts/${customer}/import`;
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();
const toQuestions = async (page: Page): Promise<void> => {
  await page.getByRole('checkbox', { name: /^Front desk/ }).click();
  await press(page, 'Next: resolve');
  await page.getByText(/^Same name in /).waitFor();
};
const toPreview = async (page: Page, answer: string): Promise<void> => {
  await toQuestions(page);
  await page.getByRole('radio', { name: answer }).click({ force: true });
  await press(page, 'Next: preview');
  await page.getByText(/^What happens in /).waitFor();
};

describe('Import Products', () => {
  it('goes from the row to the result and back again, with a clash and a plan that was stale', async () => {
    const one = await shop('Whole way');
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${one.account}/subaccounts`);
    await row(page, 'Customer of Whole way').waitFor();
    await choose(page, 'Customer of Whole way', 'Import products');
    await page.getByRole('checkbox', { name: /^Front desk/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe(new URL(tab(one)).pathname);
    await press(page, 'Parts of Front desk');
    await look(page, 'import-select');
    await toQuestions(page);
    expect(await page.getByRole('button', { name: 'Next: preview' }).isDisabled()).toBe(true);
    await look(page, 'import-resolve');
    await page.getByRole('radio', { name: 'Keep both' }).click({ force: true });
    await press(page, 'Next: preview');
    await page.getByText(/^What happens in /).waitFor();
    await page.getByText('Office hours (2)').waitFor();
    await look(page, 'import-preview');

    await owner.client.products.save.mutate({
      account: one.account,
      kind: 'knowledgeBase',
      product: one.base,
      expectedVersion: 1,
      document: { name: 'Manual' },
    });
    await press(page, 'Import 5 items');
    await page.getByText(/Something changed since it was shown/).waitFor();
    await page.getByText('“Manual” in “Customer of Whole way” is not as it was shown.').waitFor();
    await press(page, 'Import 5 items');
    await page.getByText('Values to set').waitFor();
    await page.getByText('5 of 5').first().waitFor();
    await look(page, 'import-job');
    expect(await named(one.customer, 'schedule')).toEqual(['OFFICE hours', 'Office hours (2)']);

    await press(page, /^Set: Customer of Whole way, CRM/);
    await page.getByRole('heading', { name: 'CRM' }).waitFor();
    await page.getByText('Copy from Whole way, version 1').waitFor();
    await look(page, 'import-copy');
    await page.getByRole('link', { name: 'Import Products' }).click();
    await press(page, 'Undo import');
    await page.getByRole('dialog').getByRole('button', { name: 'Undo import' }).click();
    await page.getByText('Taking back').first().waitFor();
    await page.getByText('removed again').first().waitFor();
    await page.getByText('5 of 5').first().waitFor();
    expect(await named(one.customer, 'agent')).toEqual([]);
    expect(await named(one.customer, 'schedule')).toEqual(['OFFICE hours']);
    await press(page, 'Import more');
    await page.getByText('Recent imports from Whole way').waitFor();
    await page.close();
  });

  further('goes on without the page, which is found again, and is stopped', async () => {
    const one = await shop('Long way');
    const { products } = await owner.client.products.create.mutate({
      account: one.account,
      kind: 'schedule',
      products: Array.from({ length: 200 }, (_, n) => ({ document: { name: `Hours ${n}` } })),
    });
    // Nearly as much as one plan does, so that it still runs after two pages have come.
    const { results } = await owner.client.accounts.createMany.mutate({
      account: one.account,
      accounts: Array.from({ length: 48 }, (_, n) => ({ name: `Other ${n}` })),
    });
    const others = results.flatMap((made) => ('id' in made ? [made.id] : []));
    const { plan } = await owner.client.imports.plan.mutate({
      account: one.account,
      targets: [one.customer, ...others],
      products: products.map(({ id: product }) => ({ product })),
    });
    const [page, other] = [await app.open({ context: home }), await app.open({ context: home })];
    await page.goto(tab(one));
    await owner.client.imports.run.mutate({ account: one.account, plan });
    await page.reload();
    await page.getByText(/^Importing into /).waitFor();
    await page.close();
    await other.goto(tab(one));
    await press(other, 'Stop');
    await other.getByText('Stopped', { exact: true }).waitFor();
    await expectAccessible(other, 'an import that was stopped');
    await other.reload();
    await other.getByText('Recent imports from Long way').waitFor();
    await press(other, /^Open: /);
    await other.getByText('Stopped', { exact: true }).waitFor();
    await other.close();
  });

  further('is done once, whatever two pages show', async () => {
    const one = await shop('Two ways');
    const pages = [await app.open({ context: home }), await app.open({ context: home })] as const;
    for (const page of pages) {
      await page.goto(tab(one));
      await toPreview(page, 'Use existing');
    }
    const [first, second] = pages;
    await press(first, 'Back');
    await first.getByLabel('CRM Credentials').fill('given before it runs');
    await look(first, 'import-secrets');
    await press(first, 'Next: preview');
    await first.getByText('Begins with the value that you gave.').waitFor();
    await press(first, 'Import 4 items');
    await first.getByText('4 of 4').first().waitFor();
    const integrations = { account: one.customer, kind: 'integration' } as const;
    const [crm] = (await owner.client.products.list.query(integrations)).rows;
    const found = await owner.client.products.get.query({ ...integrations, product: crm!.id });
    expect(found.product.document).toMatchObject({ active: true, credentials: { set: true, last4: 'runs' } });
    await press(second, 'Import 4 items');
    await second.getByText(/Something changed since it was shown/).waitFor();
    await second.getByText(/^Nothing is left to do/).waitFor();
    expect(await named(one.customer, 'agent')).toEqual(['Front desk']);
    await Promise.all(pages.map((page) => page.close()));
  });

  further('shows copies with updates and local differences, takes one back and lets go of another', async () => {
    const one = await shop('Later on');
    const { client } = owner;
    const { plan } = await client.imports.plan.mutate({
      account: one.account,
      targets: [one.customer],
      products: [{ product: one.agent }],
      answers: [{ as: 'use_existing' }],
    });
    const { job } = await client.imports.run.mutate({ account: one.account, plan });
    await expect
      .poll(async () => (await client.jobs.get.query({ account: one.account, job })).job.state, { timeout: 20_000 })
      .toBe('succeeded');
    const [copy] = (await client.products.list.query({ account: one.customer, kind: 'agent' })).rows;
    const save = (account: string, product: RowId, greeting: string, never: string[]) =>
      client.products.save.mutate({
        account,
        kind: 'agent',
        product,
        expectedVersion: 1,
        document: { prompt: { greeting, never } },
      });
    await save(one.customer, copy!.id, 'Servus', []);
    await save(one.account, one.agent, 'Welcome', ['Diagnoses']);
    const page = await app.open({ context: home });
    await page.goto(tab(one));
    await page.getByText('v1 there, v2 available').waitFor();
    await press(page, 'Copy of Front desk');
    await page.getByText('Update available').waitFor();
    await page.getByText('Differs in 1 place').waitFor();
    await look(page, 'import-copies');
    await page.getByRole('checkbox', { name: /^Front desk/ }).click();
    await press(page, 'Next: resolve');
    // The schedule of that name is still no copy.
    await page.getByRole('radio', { name: 'Use existing' }).click({ force: true });
    await press(page, 'Next: preview');
    await page.getByText(/^2 differences/).click();
    await page.getByText(/stays: changed on both sides/).waitFor();
    await press(page, /^Take the source’s: /);
    await page.getByText(/the source’s is taken/).waitFor();
    await press(page, /^Keep what is here: /);
    await page.getByText(/stays: changed on both sides/).waitFor();
    await look(page, 'import-update');
    await press(page, 'Import 1 item');
    await page.getByText('1 of 1').first().waitFor();
    await press(page, 'Import more');
    await page.getByText('linked copy, v2').waitFor();
    await press(page, 'Copy of Front desk');
    await press(page, /^Take the source’s: /);
    await page.getByText('As its source').waitFor();
    const at = { account: one.customer, kind: 'agent', product: copy!.id } as const;
    expect((await client.products.get.query(at)).product.document['prompt']).toMatchObject({
      greeting: 'Welcome',
      never: ['Diagnoses'],
    });
    await press(page, 'Detach');
    await page.getByRole('dialog').getByRole('button', { name: 'Detach' }).click();
    await expect.poll(async () => (await client.products.get.query(at)).product.link).toBeUndefined();
    await page.close();
  });

  further(
    'is found on page Work, where what failed is tried again by one press, alone, and all of it taken back',
    async () => {
      const one = await shop('By hand');
      const { client } = owner;
      const { account, customer } = one;
      const room = (max: number) =>
        client.limits.set.mutate({ account: customer, limits: [{ kind: 'knowledgeBases', max }] });
      await room(0);
      const wish = { account, targets: [customer], products: [{ product: one.base }, { product: one.schedule }] };
      const { plan } = await client.imports.plan.mutate({ ...wish, answers: [{ as: 'keep_both' }] });
      await client.imports.run.mutate({ account, plan });
      const page = await app.open({ context: home });
      await page.goto(`${app.url}/a/${account}/work`);
      await page.getByText('Done, with failures').waitFor();
      await page.getByRole('link', { name: 'Import products' }).click();
      await page.getByText('“Customer of By hand” may have 0 knowledge bases at the most: 0 are in use.').waitFor();
      await look(page, 'work-failed');
      await page.getByLabel('Show').selectOption('failed');
      await page.getByRole('row').filter({ hasText: 'Handbook' }).waitFor();
      expect(await page.getByRole('row').filter({ hasText: 'Office hours' }).count()).toBe(0);
      await press(page, 'Try again: no. 1');
      await page.getByRole('button', { name: 'Asking…' }).waitFor({ state: 'hidden' });
      await page.getByRole('row').filter({ hasText: 'Handbook' }).getByRole('cell', { name: 'Failed' }).waitFor();
      await room(1);
      await page.getByRole('button', { name: 'Try again what failed' }).dblclick();
      await page.getByText('None.').waitFor();
      expect(await page.getByRole('button', { name: 'Try again what failed' }).count()).toBe(0);
      await page.getByLabel('Show').selectOption('');
      await page.getByRole('row').filter({ hasText: 'Handbook' }).getByRole('cell', { name: 'Done' }).waitFor();
      expect(await named(customer, 'knowledgeBase')).toEqual(['Handbook']);
      await page.getByRole('link', { name: 'All jobs' }).click();
      await page.getByRole('row').filter({ hasText: 'Import products' }).getByText('2 of 2').waitFor();
      await page.getByRole('link', { name: 'Import products' }).click();
      await press(page, 'Undo all');
      await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
      await page.getByRole('heading', { name: 'Undo: Import products' }).waitFor();
      await page.getByText('Ended', { exact: true }).waitFor();
      expect([await named(customer, 'knowledgeBase'), await named(customer, 'schedule')]).toEqual([
        [],
        ['OFFICE hours'],
      ]);
      await page.close();
    },
  );

  it('is there for whoever may import', async () => {
    const one = await shop('Not for all');
    const email = 'vera@example.com';
    await join(app.url, owner.client, one.account, email, 'viewer');
    const cookie = await signIn(app.url, email, PASSWORD);
    const context = await app.browser.newContext();
    const at = cookie.indexOf('=');
    await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: app.url }]);
    const page = await app.open({ context });
    await page.goto(tab(one));
    await page.getByRole('link', { name: 'Products' }).first().waitFor();
    expect(await page.getByRole('link', { name: 'Import Products' }).count()).toBe(0);
    await context.close();
  });
});

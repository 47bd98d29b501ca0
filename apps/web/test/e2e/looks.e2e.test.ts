import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { join } from '../../../api/test/support/clients.ts';
import { type App, choose, expectAccessible, row, startApp, tick } from './app.ts';
import { look } from './look.ts';
import { claim, type Owner } from './owner.ts';

let app: App;
let owner: Owner;
let home: BrowserContext;
let page: Page;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  const { client, root } = owner;
  const create = async (account: string, name: string) =>
    (await client.accounts.create.mutate({ account, name })).account.id;
  const north = await create(root, 'Acme North');
  await create(north, 'Northgate Dental');
  const south = await create(root, 'Acme South');
  await create(south, 'Southgate Clinic');
  const agent = { document: { name: 'Front desk' } };
  await client.products.create.mutate({ account: north, kind: 'agent', products: [agent] });
  home = await owner.context();
  page = await app.open({ context: home, width: 1500 });
});
afterAll(() => app.close());

const table = (): string => `${app.url}/a/${owner.root}/subaccounts`;
const names = (on: Page): Promise<string[]> =>
  on.locator('.row[data-kind=account]').evaluateAll((rows) =>
    rows
      .map((one) => [Number(one.getAttribute('aria-rowindex')), one.querySelector('bdi')?.textContent ?? ''] as const)
      .sort(([a], [b]) => a - b)
      .map(([, name]) => name),
  );
const ALL = ['Acme North', 'Acme South', 'Northgate Dental', 'Southgate Clinic'];
const search = (on: Page): string => new URL(on.url()).search;

describe('the table of subaccounts looked at otherwise', () => {
  it('is one list with the way to each account, by its address, and every act of a row works there', async () => {
    await page.goto(table());
    await row(page, 'Acme North').waitFor();
    await page.getByRole('button', { name: 'Flat', exact: true }).click();
    await expect.poll(() => names(page)).toEqual(ALL);
    await expect.poll(() => search(page)).toBe('?layout=flat');
    await page.reload();
    await expect.poll(() => names(page)).toEqual(ALL);
    await row(page, 'Northgate Dental').getByText('Acme North').waitFor();
    await page.getByRole('button', { name: 'Name' }).click();
    await expect.poll(() => names(page)).toEqual(ALL.toReversed());
    expect(search(page)).toBe('?sort=-name&layout=flat');
    await choose(page, 'Northgate Dental', 'Rename');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Northgate Dentists');
    await page.keyboard.press('Enter');
    await expect.poll(() => idOf('Northgate Dentists')).not.toBe('');
    await owner.client.accounts.rename.mutate({ account: await idOf('Northgate Dentists'), name: 'Northgate Dental' });
    await row(page, 'Northgate Dental').waitFor();
    await row(page, 'Southgate Clinic').hover();
    await tick(row(page, 'Southgate Clinic').getByRole('checkbox'));
    await page.getByText('1 selected').first().waitFor();
    await row(page, 'Southgate Clinic').locator('.label').click();
    const south = await idOf('Southgate Clinic');
    await page.waitForURL(`${table()}/${south}?sort=-name&layout=flat`);
  });

  further('takes up in the list what is made elsewhere', async () => {
    await page.goto(`${table()}?layout=flat`);
    await expect.poll(() => names(page)).toEqual(ALL);
    const south = await idOf('Acme South');
    await owner.client.accounts.create.mutate({ account: south, name: 'Late arrival' });
    await expect.poll(() => names(page), { timeout: 10_000 }).toContain('Late arrival');
    await owner.client.accounts.close.mutate({ account: await idOf('Late arrival') });
    await expect.poll(() => names(page), { timeout: 10_000 }).toEqual(ALL);
  });

  it('is kept to filters that outlive a reload and can be shared', async () => {
    await page.goto(table());
    await row(page, 'Acme North').waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'No agents' }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => names(page)).toEqual(['Acme North', 'Northgate Dental', 'Acme South', 'Southgate Clinic']);
    expect(search(page)).toBe('?agents=none');
    await page.getByRole('button', { name: 'No agents. Turn into: With agents' }).click();
    await expect.poll(() => names(page)).toEqual(['Acme North']);
    await choose(page, 'Acme North', 'Filter to this branch');
    await page.getByText('No accounts are like that').waitFor();
    await page.getByRole('button', { name: 'With agents. Remove filter' }).click();
    await expect.poll(() => names(page)).toEqual(['Acme North', 'Northgate Dental']);
    await page.reload();
    await expect.poll(() => names(page)).toEqual(['Acme North', 'Northgate Dental']);
    await page.getByRole('button', { name: 'Below Acme North. Remove filter' }).waitFor();
    const shared = await app.open({ context: home });
    await shared.goto(page.url());
    await expect.poll(() => names(shared)).toEqual(['Acme North', 'Northgate Dental']);
    await shared.close();
    await page.getByRole('button', { name: 'Below Acme North. Remove filter' }).click();
    await expect.poll(() => names(page)).toEqual(['Acme North', 'Acme South']);
    expect(search(page)).toBe('');
  });

  further('is kept to who was active, and to the opposite of every filter that has one', async () => {
    await page.goto(table());
    await row(page, 'Acme North').waitFor();
    // All of these were made just now, and have no caps.
    await page.getByRole('button', { name: 'Inactive 30 d', exact: true }).click();
    await page.getByText('No accounts are like that').waitFor();
    expect(search(page)).toBe('?view=inactive&activity=inactive');
    const inOrder = ['Acme North', 'Northgate Dental', 'Acme South', 'Southgate Clinic'];
    await page.getByRole('button', { name: 'Inactive 30 d. Turn into: Active in 30 d' }).click();
    await expect.poll(() => names(page)).toEqual(inOrder);
    await page.getByRole('button', { name: 'Restricted', exact: true }).click();
    await page.getByText('No accounts are like that').waitFor();
    await page.getByRole('button', { name: 'Restricted. Turn into: Not restricted' }).click();
    await expect.poll(() => names(page)).toEqual(inOrder);
    await look(page, 'table-filters');
    await page.goto(`${table()}?caps=reviewed`);
    await page.getByRole('button', { name: 'Reviewed. Turn into: Not reviewed' }).click();
    await page.getByText('No accounts are like that').waitFor();
    expect(search(page)).toBe('?caps=unreviewed');
  });

  further('is looked at as the account shares it, and its columns are drawn by their edges', async () => {
    await page.goto(`${table()}?layout=flat`);
    await page.getByRole('button', { name: 'Save as…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('All of us');
    await page.getByLabel('Share with this account').check();
    await look(page, 'table-share-view');
    await page.getByRole('button', { name: 'Save view' }).click();
    const shared = page.getByRole('button', { name: 'All of us', exact: true });
    await expect.poll(() => shared.getAttribute('title')).toBe('All who see this list see it.');
    const colleague = await join(app.url, owner.client, owner.root, 'colleague@example.com', 'admin');
    const { views } = await colleague.views.list.query({ account: owner.root });
    expect(views.map(({ name, audience }) => [name, audience])).toEqual([['All of us', 'account']]);
    const head = page.getByRole('columnheader', { name: 'Billing plan' });
    const { x = 0, y = 0, width = 0, height = 0 } = (await head.boundingBox()) ?? {};
    const edge = [x + width - 3, y + height / 2] as const;
    await page.mouse.move(...edge);
    await page.mouse.down();
    await page.mouse.move(edge[0] + 40, edge[1], { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => search(page)).toContain(`plan:${Math.round(width + 40)}`);
    await page.getByRole('button', { name: /^Columns: which/ }).click();
    const grip = (n: number) => page.locator('li .grip').nth(n);
    await grip(0).waitFor();
    const [from, to] = [await grip(3).boundingBox(), await grip(0).boundingBox()];
    await page.mouse.move((from?.x ?? 0) + 4, (from?.y ?? 0) + 16);
    await page.mouse.down();
    await page.mouse.move((to?.x ?? 0) + 4, (to?.y ?? 0) + 16, { steps: 6 });
    await page.mouse.up();
    await look(page, 'table-columns');
    await page.getByRole('button', { name: 'Show columns' }).click();
    await expect.poll(() => search(page)).toMatch(/columns=status,path/);
    for (const { id } of views) await owner.client.views.remove.mutate({ account: owner.root, view: id });
    expect(app.faults).toEqual([]);
  });

  further('is kept to what a blueprint set up, and to how that stands to it now', async () => {
    const { client, root } = owner;
    const limits = { agents: { max: 5 } };
    const blueprint = await client.blueprints.save.mutate({ account: root, name: 'Practice', limits });
    const { id } = blueprint;
    const east = (await client.accounts.create.mutate({ account: root, name: 'Acme East', blueprint })).account.id;
    await client.accounts.create.mutate({ account: root, name: 'Acme West', blueprint });
    await expect
      .poll(async () => (await client.blueprints.drift.query({ account: root, blueprint: id })).counts.as_set_up, {
        timeout: 30_000,
      })
      .toBe(2);
    await client.limits.set.mutate({ account: east, limits: [{ kind: 'agents', max: 9 }] });
    await page.goto(table());
    await row(page, 'Acme East').waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Created, level…' }).click();
    await page.getByLabel('Blueprint', { exact: true }).selectOption('Practice');
    await page.getByLabel('Drift', { exact: true }).selectOption('Changed here');
    await look(page, 'table-blueprint-filter');
    await page.getByRole('dialog').getByRole('button', { name: 'Filter', exact: true }).click();
    await expect.poll(() => names(page)).toEqual(['Acme East']);
    expect(search(page)).toBe(`?blueprint=${id}&drift=changed_here`);
    await page.reload();
    await page.getByRole('button', { name: 'Blueprint is Practice. Remove filter' }).waitFor();
    await look(page, 'table-blueprint-chips');
    await page.getByRole('button', { name: 'Drift is Changed here. Remove filter' }).click();
    await expect.poll(() => names(page)).toEqual(['Acme East', 'Acme West']);
    // Kept to a state, it follows when nothing but that changed.
    await page.goto(`${table()}?blueprint=${id}&drift=as_set_up`);
    await expect.poll(() => names(page)).toEqual(['Acme West']);
    await client.limits.set.mutate({ account: east, limits: [{ kind: 'agents', max: 5 }] });
    await expect.poll(() => names(page), { timeout: 15_000 }).toEqual(['Acme East', 'Acme West']);
    await page.getByRole('button', { name: 'Drift is As set up. Remove filter' }).click();
    await page.getByRole('button', { name: 'Blueprint is Practice. Remove filter' }).click();
    await expect.poll(() => search(page)).toBe('');
    await page.getByRole('button', { name: /^Columns: which/ }).click();
    await page.getByRole('checkbox', { name: 'Blueprint', exact: true }).click();
    await page.getByRole('button', { name: 'Show columns' }).click();
    await page.getByRole('columnheader', { name: 'Blueprint' }).waitFor();
    const stands = (words: string) =>
      row(page, 'Acme East').getByRole('gridcell', { name: words, exact: true }).waitFor();
    await stands('Practice v1 As set up');
    await expect.poll(() => search(page)).toMatch(/^\?columns=.*,blueprint$/);
    await page.goto(`${table()}?columns=blueprint,minutes,status`);
    await stands('Practice v1 As set up');
    await look(page, 'table-blueprint-column');
    await client.limits.set.mutate({ account: east, limits: [{ kind: 'agents', max: 9 }] });
    await stands('Practice v1 Changed here');
    const again = {
      account: root,
      blueprint: id,
      expectedVersion: 1,
      name: 'Practice',
      limits: { agents: { max: 6 } },
    };
    await client.blueprints.save.mutate(again);
    await stands('Practice v1 Both');
    await page.goto(table());
    await row(page, 'Acme East').waitFor();
    for (const name of ['Acme East', 'Acme West']) await client.accounts.close.mutate({ account: await idOf(name) });
    expect(app.faults).toEqual([]);
  });

  it('is kept as a view, with its columns and the height of rows, and is there in another window', async () => {
    await page.goto(`${table()}?layout=flat&agents=none`);
    await expect.poll(() => names(page)).toContain('Northgate Dental');
    await page.getByRole('button', { name: /^Columns: which/ }).click();
    await page.getByRole('checkbox', { name: 'Created', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Billing plan', exact: true }).click();
    await page.getByLabel('Width of Path in pixels').fill('320');
    await page.getByRole('button', { name: 'Show columns' }).click();
    await page.getByRole('columnheader', { name: 'Created' }).waitFor();
    expect(search(page)).toContain('columns=path:320,minutes,status,caps,members,agents,created');
    await expectAccessible(page, 'arranged columns');
    await page.getByRole('button', { name: 'View: sorting and density' }).click();
    await page.getByRole('menuitemradio', { name: 'Compact' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Save as…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Not set up');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Not set up', exact: true }).waitFor();
    await expect.poll(() => search(page)).toMatch(/^\?view=[0-9a-f-]{36}&/);
    const second = await app.open({ context: home, width: 1500 });
    await second.goto(table());
    await second.getByRole('button', { name: 'Not set up', exact: true }).click();
    await second.getByRole('columnheader', { name: 'Created' }).waitFor();
    await expect.poll(() => names(second)).toContain('Northgate Dental');
    // What one changes is changed where one changes it, until it is kept.
    await second.getByRole('button', { name: 'No agents. Remove filter' }).click();
    await second.getByRole('button', { name: 'Save', exact: true }).click();
    await second.getByRole('button', { name: 'Reset', exact: true }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: 'Reset', exact: true }).click();
    await expect.poll(() => search(page)).not.toContain('agents=none');
    await page.getByRole('button', { name: 'View Not set up' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Not set up', exact: true }).waitFor({ state: 'detached' });
    expect((await owner.client.views.list.query({ account: owner.root })).views).toEqual([]);
    await second.close();
    expect(app.faults).toEqual([]);
  });

  further('is where products are imported into all that are selected', async () => {
    const desk = { document: { name: 'Reception' } };
    await owner.client.products.create.mutate({ account: owner.root, kind: 'agent', products: [desk] });
    await page.goto(`${table()}?layout=flat`);
    await expect.poll(() => names(page)).toEqual(ALL);
    for (const name of ['Northgate Dental', 'Southgate Clinic']) {
      await row(page, name).hover();
      await tick(row(page, name).getByRole('checkbox'));
    }
    await page.getByRole('button', { name: 'Import products…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Import products into 2 accounts').waitFor();
    await dialog.getByText('Reception').first().waitFor();
    await expectAccessible(page, 'importing into many');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(app.faults).toEqual([]);
  });
});

async function idOf(name: string): Promise<string> {
  const { matches } = await owner.client.accounts.search.query({ account: owner.root, query: name });
  return matches[0] ?? '';
}

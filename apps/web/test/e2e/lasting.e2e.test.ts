import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { type App, choose, row, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';

const patiently = { timeout: 20_000, interval: 50 };
let app: App;
let owner: Owner;
let home: BrowserContext;
let page: Page;
let north: string;
let dental: string;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  const create = async (account: string, name: string) =>
    (await owner.client.accounts.create.mutate({ account, name })).account.id;
  north = await create(owner.root, 'Acme North');
  dental = await create(north, 'Northgate Dental');
  await create(dental, 'Surgery One');
  await create(await create(owner.root, 'Acme South'), 'South One');
  home = await owner.context();
  page = await app.open({ context: home });
});
afterAll(() => app.close());

const subaccounts = (account: string): string => `${app.url}/a/${account}/subaccounts`;

/** Opens or closes a branch with the keyboard. */
async function press(name: string, key: 'ArrowRight' | 'ArrowLeft'): Promise<void> {
  await row(page, name).focus();
  await page.keyboard.press(key);
}

describe('what was done on a page of the web app lasts:', () => {
  it('branches are open again after a reload, those of each account for themselves', async () => {
    await page.goto(subaccounts(owner.root));
    await press('Acme North', 'ArrowRight');
    await press('Northgate Dental', 'ArrowRight');
    await row(page, 'Surgery One').waitFor();
    await press('Acme South', 'ArrowRight');
    await row(page, 'South One').waitFor();
    await press('Acme South', 'ArrowLeft');
    await row(page, 'South One').waitFor({ state: 'detached' });
    await page.reload();
    await row(page, 'Surgery One').waitFor();
    expect(await row(page, 'South One').count()).toBe(0);
    await row(page, 'Acme North').getByRole('button', { name: 'Switch to Acme North' }).click();
    await page.getByText(/Acting inside/).waitFor();
    await row(page, 'Northgate Dental').waitFor();
    expect(await row(page, 'Surgery One').count()).toBe(0);
    await page.goBack();
    await row(page, 'Surgery One').waitFor();
  });

  it('what is folded in the moment before a reload stays folded', async () => {
    await press('Acme South', 'ArrowRight');
    await row(page, 'South One').waitFor();
    await row(page, 'Acme South').focus();
    // In one task, so that not a single frame is drawn in between.
    const reloaded = page.waitForEvent('load');
    await page.evaluate(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      at?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true, composed: true }));
      location.reload();
    });
    await reloaded;
    await row(page, 'Surgery One').waitFor();
    expect(await row(page, 'South One').count()).toBe(0);
  });

  it('a search leaves them as they were, also over a reload', async () => {
    await page.getByPlaceholder('Search name or id').fill('south');
    await row(page, 'South One').waitFor();
    await page.reload();
    await row(page, 'South One').waitFor();
    await page.getByRole('button', { name: 'Clear search' }).click();
    await row(page, 'Surgery One').waitFor();
    expect(await row(page, 'South One').count()).toBe(0);
  });

  it('branches that are gone are forgotten', async () => {
    const kept = () =>
      page.evaluate<string>("Object.entries(localStorage).find(([key]) => key.includes('open'))?.[1] ?? ''");
    expect(await kept()).toContain(dental);
    const gone = '00000000-0000-7000-8000-000000000000';
    await page.evaluate(
      `for (const [key, text] of Object.entries(localStorage)) if (key.includes('open')) localStorage.setItem(key, text.replaceAll('${dental}', '${gone}'))`,
    );
    await page.reload();
    await row(page, 'Northgate Dental').waitFor();
    await expect.poll(kept, patiently).not.toContain(gone);
    expect(await kept()).toContain(north);
  });

  further('rows stay as high as they were chosen to be, also after a reload and in another account', async () => {
    const height = async (name: string) => (await row(page, name).boundingBox())?.height;
    expect(await height('Acme North')).toBe(40);
    await page.getByRole('button', { name: /^View/ }).click();
    await page.getByRole('menuitemradio', { name: 'Compact' }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => height('Acme North'), patiently).toBe(32);
    await page.reload();
    await row(page, 'Acme North').waitFor();
    await expect.poll(() => height('Acme North'), patiently).toBe(32);
    await page.goto(subaccounts(north));
    await row(page, 'Northgate Dental').waitFor();
    expect(await height('Northgate Dental')).toBe(32);
  });

  further('names follow what others do: banner, switcher, path, title and the way back', async () => {
    const { client, root } = owner;
    await page.goto(subaccounts(dental));
    const banner = page.getByRole('region', { name: 'Account context' });
    await banner.getByText('Acme Group › Acme North › Northgate Dental').waitFor();
    await client.accounts.rename.mutate({ account: dental, name: 'Southgate Dental' });
    await banner.getByText('Acme Group › Acme North › Southgate Dental').waitFor();
    await page.getByRole('button', { name: 'Acting account Southgate Dental' }).waitFor();
    await expect.poll(() => page.title(), patiently).toBe('▸ Subaccounts · Southgate Dental');
    await page.getByRole('link', { name: 'Members' }).click();
    await client.accounts.rename.mutate({ account: north, name: 'Acme Northeast' });
    await banner.getByText('Acme Group › Acme Northeast › Southgate Dental').waitFor();
    await client.accounts.rename.mutate({ account: root, name: 'Acme Holding' });
    await banner.getByRole('button', { name: 'Return to Acme Holding' }).waitFor();
    await client.accounts.suspend.mutate({ account: north, kind: 'read_only' });
    await page.getByText('Suspended with Acme Northeast · read-only').waitFor();
    await client.accounts.reactivate.mutate({ account: north });
    await page.getByText(/^Suspended with/).waitFor({ state: 'detached' });
  });

  further(
    'Back takes a dialog along, so that none is about what is no longer behind it; what was typed stays',
    async () => {
      await page.goto(subaccounts(owner.root));
      await row(page, 'Acme South').locator('bdi').first().click();
      const panel = page.getByRole('complementary', { name: 'Account' });
      await panel.getByRole('heading', { name: 'Acme South' }).waitFor();
      await panel.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: 'Create nested' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('Half typed');
      await page.goBack();
      await panel.waitFor({ state: 'detached' });
      await dialog.waitFor({ state: 'detached' });
      await choose(page, 'Acme South', 'Create nested');
      expect(await dialog.getByLabel('Name').inputValue()).toBe('Half typed');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    },
  );

  further(
    'the palette offers what can be done with the open account, and nothing below the deepest level',
    async () => {
      const { client, root } = owner;
      const chain = [root];
      for (let at = root; (await client.accounts.get.query({ account: at })).levelsBelow > 0; chain.push(at))
        at = (await client.accounts.create.mutate({ account: at, name: `Level ${chain.length}` })).account.id;
      await page.goto(subaccounts(chain.at(-3) ?? ''));
      const offered = async (account: string): Promise<string[]> => {
        await row(page, account).locator('bdi').first().click();
        await page.getByRole('complementary', { name: 'Account' }).getByRole('heading', { name: account }).waitFor();
        await page.keyboard.press('Control+k');
        await page.keyboard.type('>');
        const options = page.getByRole('dialog', { name: 'Search or jump to' }).getByRole('option');
        await options.getByText('Rename').waitFor();
        const names = await options.locator('bdi').allInnerTexts();
        await page.keyboard.press('Escape');
        return names;
      };
      expect(await offered(`Level ${chain.length - 2}`)).toContain('Create nested subaccount…');
      await page.goto(subaccounts(chain.at(-2) ?? ''));
      expect(await offered(`Level ${chain.length - 1}`)).not.toContain('Create nested subaccount…');
    },
  );

  further(
    'the focus is in the row again when the panel in its place is left by Back, Escape or Close panel',
    async () => {
      const other = await app.open({ context: home, width: 900 });
      await other.goto(subaccounts(owner.root));
      const panel = other.getByRole('complementary', { name: 'Account' });
      const isFocused = (what: Locator) => what.evaluate((element) => element.matches(':focus-within'));
      for (const leave of [
        () => other.goBack(),
        () => other.keyboard.press('Escape'),
        () => panel.getByRole('button', { name: 'Close panel' }).click(),
      ]) {
        await row(other, 'Acme South').locator('bdi').first().click();
        await expect.poll(() => isFocused(panel.getByRole('heading', { name: 'Acme South' })), patiently).toBe(true);
        await leave();
        await panel.waitFor({ state: 'detached' });
        await expect.poll(() => isFocused(row(other, 'Acme South')), patiently).toBe(true);
      }
      await other.close();
    },
  );

  further('a click on a row moves nothing in the table, and covers no column in half, from either side', async () => {
    // Somebody who has no branches open that would arrive meanwhile.
    const other = await app.open({ context: await owner.context() });
    await other.goto(subaccounts(owner.root));
    for (const [width, dir] of [
      [1280, 'ltr'],
      [1440, 'ltr'],
      [1440, 'rtl'],
    ] as const) {
      await other.setViewportSize({ width, height: 800 });
      await row(other, 'Acme South').waitFor();
      await other.evaluate((to) => {
        document.documentElement.dir = to;
      }, dir);
      const panel = other.getByRole('complementary', { name: 'Account' });
      const cells = () =>
        other.getByRole('treegrid').evaluate((grid) =>
          [...grid.querySelectorAll('.cell')]
            .filter((cell) => cell.checkVisibility() && !cell.matches('.special'))
            .map((cell) => {
              const { left, right, top, bottom } = cell.getBoundingClientRect();
              return { left, right, top, bottom };
            }),
        );
      // What another width brings is drawn by then.
      await other.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
      const before = await cells();
      await row(other, 'Acme South').locator('bdi').first().click();
      await panel.getByRole('heading', { name: 'Acme South' }).waitFor();
      expect(await cells(), `${width} px, ${dir}`).toEqual(before);
      const box = await panel.boundingBox();
      const edge = dir === 'rtl' ? box!.x + box!.width : box!.x;
      expect(box!.width).toBeGreaterThanOrEqual(440);
      expect(box!.width).toBeLessThanOrEqual(720);
      const halved = before.filter(({ left, right }) => left < edge - 1 && right > edge + 1);
      expect(halved, `${width} px, ${dir}`).toEqual([]);
      await panel.getByRole('button', { name: 'Close panel' }).click();
      await panel.waitFor({ state: 'detached' });
    }
    await other.context().close();
  });

  further('the panel says from when until when an account is suspended, and why', async () => {
    const { id } = (await owner.client.accounts.create.mutate({ account: owner.root, name: 'Acme Planned' })).account;
    const from = new Date(Date.now() + 50 * 86_400_000).toISOString();
    await owner.client.accounts.suspend.mutate({ account: id, kind: 'no_new_work', from, reason: 'The contract ends' });
    await page.goto(`${subaccounts(owner.root)}/${id}`);
    const panel = page.getByRole('complementary', { name: 'Account' });
    await panel.getByText(/^Active, suspends /).waitFor();
    await panel.getByText(/^no new work from .+ until reactivated$/).waitFor();
    await panel.getByText('The contract ends', { exact: true }).waitFor();
    await owner.client.accounts.suspend.mutate({ account: id, kind: 'full_stop' });
    await panel.getByText('Suspended · full stop').first().waitFor();
    await owner.client.accounts.close.mutate({ account: id });
    await panel.getByRole('button', { name: 'Close panel' }).click();
  });

  it('one Escape closes the panel of a row that was clicked', async () => {
    await row(page, 'Acme South').locator('bdi').first().click();
    const panel = page.getByRole('complementary', { name: 'Account' });
    await panel.getByRole('heading', { name: 'Acme South' }).waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
  });

  it('Back takes the menu of a row along', async () => {
    await row(page, 'Acme South').locator('bdi').first().click();
    await page.getByRole('complementary', { name: 'Account' }).getByRole('heading', { name: 'Acme South' }).waitFor();
    await row(page, 'Acme South').focus();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem').first().waitFor();
    await page.goBack();
    await page.getByRole('menuitem').first().waitFor({ state: 'hidden' });
  });

  it('has thrown nothing, and tried nothing that its policy forbids', () => {
    expect(app.faults).toEqual([]);
  });
});

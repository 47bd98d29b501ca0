import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { PASSWORD } from '../../../api/test/support/clients.ts';
import { type App, EMAIL, row, startApp, tick } from './app.ts';
import { look } from './look.ts';
import { claim, type Owner } from './owner.ts';

let app: App;
let owner: Owner;
let home: BrowserContext;
let north: string;
let berlin: string;
beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  home = await owner.context();
  const create = async (name: string, parent = owner.root) =>
    (await owner.client.accounts.create.mutate({ account: parent, name })).account.id;
  north = await create('Acme North');
  berlin = await create('Berlin', north);
  await create('Acme South');
  const plans = (await owner.client.billing.plans.query({ account: owner.root })).plans;
  const plan = plans.find(({ refused }) => refused === null);
  if (!plan) throw new Error('no plan');
  await owner.client.billing.subscribe.mutate({ account: owner.root, plan: plan.id, version: plan.version });
  const events = Array.from({ length: 60 }, (_, k) => ({
    account: k % 3 === 0 ? berlin : north,
    meter: 'call.minutes',
    quantity: String(20 + (k % 7)),
    occurredAt: new Date(Date.now() - (k % 20) * 86_400_000).toISOString(),
    idempotencyKey: `e-${k}`,
  }));
  await owner.client.usage.record.mutate({ account: owner.root, events });
});
afterAll(() => app.close());

const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG';
/** Whether the name and the number of any line of a list meet. */
const MEET = `[...document.querySelectorAll('main li')].some((line) => {
  const [name, number] = [...line.children].map((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return range.getBoundingClientRect();
  });
  return name && number && name.right > number.left + 1 && name.left < number.right - 1 && name.bottom > number.top + 1;
})`;
/** In how many lines a cell is written. */
const LINES = (cell: Element): number => {
  const range = cell.ownerDocument.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
};

describe('pages of money on a real server', () => {
  it('usage is a chart with its table, divided by account, and a file', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/usage?span=days`);
    await page.getByRole('img', { name: /Minutes a day/ }).waitFor();
    await page.getByRole('link', { name: 'Acme North' }).waitFor();
    await look(page, 'usage');
    await page.getByLabel('Divided').selectOption('account');
    await page.getByText('Berlin').first().waitFor();
    await page.getByRole('img', { name: /Minutes a day/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await page
      .getByRole('status')
      .filter({ hasText: /Acme North/ })
      .waitFor();
    await page.getByLabel('Compare with four weeks earlier').check();
    await page.getByText('Four weeks earlier', { exact: true }).waitFor();
    await page.getByRole('img', { name: /Minutes a day/ }).focus();
    await page.keyboard.press('t');
    await page.getByRole('columnheader', { name: 'Day' }).waitFor();
    await page.getByRole('columnheader', { name: 'Four weeks earlier' }).waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    expect((await saving).suggestedFilename()).toMatch(/\.csv$/);
    // Any days, of which the last isn’t before the first; what is asked stands in the address.
    await page.getByLabel('Time').selectOption('range');
    const figures = page.getByRole('region', { name: 'Figures of these days' });
    await figures.getByText(/^of 4$/).waitFor();
    await figures.getByText('2', { exact: true }).waitFor();
    const days = [26, 20].map((ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10));
    await page.getByLabel('First day (UTC)').fill(days[0]!);
    await page.getByLabel('Last day (UTC)').fill(days[1]!);
    await page.getByText('Nobody used anything in this time.').waitFor();
    await page.reload();
    expect(await page.getByLabel('First day (UTC)').inputValue()).toBe(days[0]);
    await look(page, 'usage-range');
    await page.getByLabel('First day (UTC)').fill('2020-01-01');
    await page.getByRole('alert').getByText('At most 92 days').waitFor();
    await page.goto(`${app.url}/a/${owner.root}/usage?span=range&from=9999-12-01&to=9999-12-31`);
    await page.getByRole('alert').getByText('Choose days before the year 9999.').waitFor();
    await page.close();
    expect(app.faults).toEqual([]);
  });

  further('of accounts with names of any length stands beside them, in lists and in the table of a chart', async () => {
    const page = await app.open({ context: home });
    const { client } = owner;
    await client.accounts.rename.mutate({ account: berlin, name: LONG });
    await page.goto(`${app.url}/a/${owner.root}/usage?span=days&by=account`);
    await page.getByRole('link', { name: LONG }).waitFor();
    await page.getByRole('img', { name: /Minutes a day/ }).focus();
    await page.keyboard.press('t');
    await page.getByRole('columnheader', { name: LONG }).waitFor();
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(MEET), `${width} px`).toBe(false);
      expect(
        await page
          .getByRole('cell', { name: /^Dec |^Nov |^\w{3} \d+$/ })
          .first()
          .evaluate(LINES),
      ).toBe(1);
    }
    await look(page, 'usage-table');
    await client.accounts.rename.mutate({ account: berlin, name: 'Berlin' });
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('billing says the plan and what this period comes to so far, and takes whom invoices are addressed to', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/billing`);
    await page.getByText('Monthly fee').waitFor();
    await page.getByText('No invoices yet.').waitFor();
    await page.getByLabel('Country').selectOption('DE');
    await page.getByLabel('Company or name').fill('Acme GmbH');
    await page.getByRole('button', { name: 'Save billing details' }).click();
    await page.getByRole('button', { name: 'Change plan' }).click();
    await page
      .getByRole('button', { name: /^Choose / })
      .first()
      .waitFor();
    await look(page, 'billing');
    // The plan that it has can't be had again: the reason stands below the name, also where there is little room.
    await page.setViewportSize({ width: 420, height: 900 });
    const meet = `[...document.querySelectorAll('strong + span')].some((reason) => {
      const [a, b] = [reason.previousElementSibling, reason].map((one) => one.getBoundingClientRect());
      return a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom;
    })`;
    expect(await page.evaluate(meet)).toBe(false);
    const { details } = await owner.client.billing.get.query({ account: owner.root });
    expect(details).toMatchObject({ country: 'DE', name: 'Acme GmbH' });
    await page.goto(`${app.url}/a/${owner.root}/usage`);
    await page.getByText(/^Above the [\d.,]+ included$/).waitFor();
    const most = (max: number | null) =>
      owner.client.limits.set.mutate({ account: north, limits: [{ kind: 'minutes', max, atLimit: 'notify' }] });
    await most(1);
    await page.reload();
    await page.getByRole('link', { name: '1 at their limit' }).click();
    await row(page, 'Acme North').waitFor();
    await most(null);
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('a price book is written, given to a customer after a preview, and the customer brings something', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/rebilling/books/new`);
    await page.getByLabel('Name').fill('Regions');
    await page.getByLabel('Price a minute').fill('1.5.0');
    await page.getByRole('button', { name: 'Save price book' }).click();
    await page.getByRole('alert').getByText('A price is a decimal from 0').waitFor();
    // It is said where it is wrong.
    expect(await page.getByLabel('Price a minute').getAttribute('aria-invalid')).toBe('true');
    // That was of another price than the one that is being typed.
    await page.getByLabel('Price a minute').fill('1.5');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Price a minute').getAttribute('aria-invalid')).toBeNull();
    // As people type it where the mark is a comma, unless it could be a thousand times as much.
    await page.getByLabel('Price a minute').fill('1,500');
    await page.getByRole('alert').getByText('“1,500” could be 1500 or 1.5').waitFor();
    await page.getByRole('button', { name: 'Save price book' }).click();
    await look(page, 'book-written');
    await page.getByLabel('Price a minute').fill('0,25');
    await page.getByRole('button', { name: 'Save price book' }).click();
    await page.getByText('What comes of version 1').waitFor();
    expect(await page.getByLabel('Price a minute').inputValue()).toBe('0.25');
    await page.getByText(/^You pay 0\.\d+( to 0\.\d+)?: leaves 0\.\d+.* a minute/).waitFor();
    await look(page, 'book');
    await page.getByRole('link', { name: 'Rebilling' }).first().click();
    await tick(page.getByRole('checkbox', { name: 'Select Acme North' }));
    await page.getByLabel('From when').selectOption('date');
    const first = new Date(`${new Date().toISOString().slice(0, 7)}-01`);
    const before = new Date(first.getTime() - 86_400_000);
    const words = (day: Date): string =>
      day.toLocaleString('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' });
    // Of a book that begins in an earlier month, that one is foreseen, too.
    await page.getByLabel('Day (UTC)').fill(before.toISOString().slice(0, 10));
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText(`It changes all months from ${words(before)} on`).waitFor();
    for (const month of [first, before])
      await page
        .getByRole('region', { name: `Preview of ${words(month)}` })
        .getByRole('row', { name: /Acme North/ })
        .waitFor();
    await look(page, 'assign');
    await page.getByLabel('Day (UTC)').fill(first.toISOString().slice(0, 10));
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('button', { name: 'Give it to 1 customer' }).click();
    await page
      .getByRole('row', { name: /Acme North/ })
      .getByText('Draft')
      .waitFor();
    await page.getByRole('button', { name: 'Share by quantity instead' }).click();
    await page.getByText('shared out by call minutes').waitFor();
    await page.getByText('2 customers, with their parts of the fee').waitFor();
    await look(page, 'rebilling');
    await page.getByRole('button', { name: 'Give it to nobody instead' }).click();
    await page.getByText('2 customers, before the fee').waitFor();
    await page.getByRole('link', { name: 'Regions v1' }).first().click();
    await page.getByRole('region', { name: 'Who has it' }).getByRole('link', { name: 'Acme North' }).waitFor();
    await page.close();
    expect(app.faults).toEqual([]);
  });

  further(
    'what is written of a price book is given up for another version or page after a question alone',
    async () => {
      const terms = { currency: 'EUR', monthlyFee: '1', meters: {} };
      const { book } = await owner.client.books.save.mutate({ account: owner.root, name: 'Kept', terms });
      const newer = { ...terms, monthlyFee: '2' };
      await owner.client.books.save.mutate({ account: owner.root, book: book.id, name: 'Kept', terms: newer });
      const page = await app.open({ context: home });
      await page.goto(`${app.url}/a/${owner.root}/rebilling`);
      await page.getByRole('link', { name: 'Kept' }).click();
      const fee = page.getByLabel('Fixed fee a month');
      await fee.fill('3');
      const dialog = page.getByRole('dialog');
      for (const leave of [
        () => page.getByRole('button', { name: 'Show version 1' }).click(),
        () => page.getByRole('link', { name: 'Billing', exact: true }).click(),
        () => page.evaluate('history.back()'),
      ]) {
        await leave();
        await dialog.getByRole('button', { name: 'Cancel' }).last().click();
        await dialog.waitFor({ state: 'detached' });
        expect(await fee.inputValue()).toBe('3');
      }
      await page.getByRole('button', { name: 'Show version 1' }).click();
      await dialog.getByRole('button', { name: 'Give it up' }).click();
      await expect.poll(() => fee.inputValue()).toBe('1');
      await fee.fill('3');
      await page.evaluate('history.back()');
      await dialog.getByRole('button', { name: 'Give it up' }).click();
      await page.getByRole('heading', { name: 'Rebilling', level: 1 }).waitFor();
      // What is saved, or was never written, is left without a word.
      await page.getByRole('link', { name: 'Kept' }).click();
      await fee.waitFor();
      await page.getByRole('link', { name: 'Billing', exact: true }).click();
      await page.getByRole('heading', { name: 'Billing', level: 1 }).waitFor();
      await page.close();
      expect(app.faults).toEqual([]);
    },
  );

  further('all customers and price books are reached, however many there are', async () => {
    const seller = (await owner.client.accounts.createMain.mutate({ name: 'Many' })).account.id;
    const accounts = Array.from({ length: 101 }, (_, k) => ({ name: `Customer ${String(k).padStart(3, '0')}` }));
    await owner.client.accounts.createMany.mutate({ account: seller, accounts });
    for (let k = 0; k < 51; k += 1)
      await owner.client.books.save.mutate({
        account: seller,
        name: `Book ${k}`,
        terms: { currency: 'EUR', monthlyFee: '0', meters: {} },
      });
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${seller}/rebilling`);
    await page.getByRole('link', { name: 'Book 0', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Show 100 more customers' }).click();
    await tick(page.getByRole('checkbox', { name: 'Select Customer 100' }));
    await page.getByText('Price book for Customer 100').waitFor();
    await page.close();
    expect(app.faults).toEqual([]);
  });
});

/** One transfer, told in three tests: all of it, looked at in every mode, took a busy machine longer than a test may take. */
describe('a billing transfer on a real server', () => {
  let parent: Page;
  let child: Page;

  it('is started by a form with a review, and seen in the table at once', async () => {
    parent = await app.open({ context: home });
    await parent.goto(`${app.url}/a/${owner.root}/subaccounts/${north}/billing`);
    await parent.getByText('Paid by parent account').waitFor();
    await parent.getByText('What Acme North costs and brings Acme Group').waitFor();
    await look(parent, 'tab');
    await parent.getByRole('button', { name: 'Start billing transfer…' }).click();
    await parent.getByLabel('Who completes it').fill('nora@north.example');
    await look(parent, 'transfer-form');
    await parent.getByRole('button', { name: 'Review' }).click();
    await parent.getByLabel('Type Acme North to start').fill('acme north');
    await look(parent, 'transfer-review');
    await parent.getByRole('button', { name: 'Start billing transfer', exact: true }).click();
    await parent
      .getByRole('timer')
      .getByText(/29 d|30 d/)
      .waitFor();
    await row(parent, 'Acme North')
      .getByText(/Billing transfer in progress · (29|30) d/)
      .waitFor();
    await look(parent, 'transfer-runs');
    expect(app.faults).toEqual([]);
  });

  it('is set up by whoever has the link of its mail, step by step, seen live from above', async () => {
    await expect
      .poll(async () => (await app.mails()).some((mail) => mail.includes('/transfer/')), { timeout: 20_000 })
      .toBe(true);
    const mail = (await app.mails()).findLast((one) => one.includes('/transfer/')) ?? '';
    const link = /\/transfer\/[\w-]+/.exec(mail.replaceAll('=\r\n', '').replaceAll('=\n', ''))?.[0] ?? '';
    child = await app.open();
    await child.goto(`${app.url}${link}`);
    await child.getByRole('heading', { name: 'Take over billing for Acme North' }).waitFor();
    await look(child, 'transfer-link');
    await child.getByLabel('Your name').fill('Nora North');
    await child.getByLabel('Password').fill(PASSWORD);
    await child.getByRole('button', { name: 'I own Acme North' }).click();
    await child.getByLabel('Country').selectOption('DE');
    await child.getByLabel('Company or name').fill('North GmbH');
    await child.getByLabel('Address').fill(`Street 1\n${'y'.repeat(101)}`);
    await child.getByRole('button', { name: 'Save billing details' }).click();
    // Which line it is, the server says; it is the same field.
    await child.getByRole('alert').getByText('100 characters').waitFor();
    expect(await child.getByLabel('Address').getAttribute('aria-invalid')).toBe('true');
    await child.getByLabel('Address').fill('Street 1');
    await look(child, 'transfer-checklist');
    await child.getByLabel('Company or name').fill('North GmbH');
    await child.getByRole('button', { name: 'Save billing details' }).click();
    await parent.getByText('Germany').waitFor();
    await child.getByRole('button', { name: 'Save payment method' }).click();
    await child
      .getByRole('button', { name: /^Choose / })
      .first()
      .waitFor();
    await look(child, 'transfer-plans');
    expect(app.faults).toEqual([]);
  });

  it('ends in independence with the last step, seen by everybody who is there', async () => {
    const inside = await app.open({ context: home });
    await inside.goto(`${app.url}/a/${north}/subaccounts`);
    await row(inside, 'Berlin').waitFor();
    await child
      .getByRole('button', { name: /^Choose / })
      .first()
      .click();
    await child.getByText('The plan of this account').waitFor();
    await child.getByText('Monthly fee').waitFor();
    await child.getByRole('heading', { name: 'Independent account' }).waitFor();
    await look(child, 'independent');
    await row(parent, 'Acme North').waitFor({ state: 'detached' });
    // Who had it open is told what became of it, and where more is said of that.
    await parent.getByRole('heading', { name: 'Acme North became independent' }).waitFor();
    await look(parent, 'became-independent');
    await parent.getByRole('link', { name: 'What left, and what ended' }).click();
    await parent.getByText('1 account below it left, too.').waitFor();
    // Who was in it from above sees nothing of it any more, and is told why.
    await inside.getByRole('heading', { name: 'You don’t reach Acme North any more' }).waitFor();
    await row(inside, 'Berlin').waitFor({ state: 'detached' });
    await inside.goto(`${app.url}/a/${owner.root}/billing`);
    await inside.getByRole('row', { name: /Acme North Independent account/ }).waitFor();
    await inside.getByRole('link', { name: 'Acme North' }).click();
    await inside.getByText('1 account below it left, too.').waitFor();
    await inside.getByText('1 person was invited as agency admin.').waitFor();
    await inside.getByRole('region', { name: 'Its last months' }).getByRole('row').nth(1).waitFor();
    await inside.getByText('None is frozen').waitFor();
    await inside.getByText('All that came from above was handed over.').waitFor();
    await look(inside, 'departure');
    expect((await owner.client.transfers.list.query({ account: owner.root })).ended).toMatchObject([
      { account: { name: 'Acme North' }, outcome: 'completed' },
    ]);
    await Promise.all([child.context().close(), parent.close(), inside.close()]);
    expect(app.faults).toEqual([]);
  });

  further(
    'is extended and cancelled before the eyes of who completes it, in two tabs of theirs, without a reload',
    async () => {
      const account = (await owner.client.accounts.create.mutate({ account: owner.root, name: 'Acme West' })).account
        .id;
      await owner.client.transfers.start.mutate({
        account,
        name: 'Acme West',
        recipient: 'wes@west.example',
        graceDays: 5,
      });
      const isTheirs = (mail: string): boolean =>
        mail.startsWith('To: wes@west.example') && mail.includes('/transfer/');
      await expect.poll(async () => (await app.mails()).some(isTheirs), { timeout: 20_000 }).toBe(true);
      const link = /\/transfer\/[\w-]+/.exec((await app.mails()).findLast(isTheirs) ?? '')?.[0] ?? '';
      const child = await app.open();
      await child.goto(`${app.url}${link}`);
      await child.getByLabel('Your name').fill('Wes West');
      await child.getByLabel('Password').fill(PASSWORD);
      await child.getByRole('button', { name: 'I own Acme West' }).dblclick();
      await child.getByText('1 of 4').waitFor();
      const other = await app.open({ context: child.context() });
      await other.goto(child.url());
      const parent = await app.open({ context: home });
      await parent.goto(`${app.url}/a/${owner.root}/subaccounts/${account}/billing`);
      await parent.getByText('1 of 4').waitFor();
      await parent.getByRole('button', { name: 'Extend…' }).click();
      await parent.getByRole('dialog').getByLabel('Days').fill('20');
      await parent.getByRole('dialog').getByRole('button', { name: 'Extend' }).dblclick();
      for (const page of [parent, child, other])
        await page
          .getByRole('timer')
          .getByText(/^2[45] d/)
          .waitFor();
      // A double click extends once.
      const { transfer } = await owner.client.transfers.get.query({ account });
      expect(Date.parse(transfer?.expiresAt ?? '') - Date.parse(transfer?.startedAt ?? '')).toBe(25 * 86_400_000);
      await app.stop();
      await app.start();
      await child.getByLabel('Country').selectOption('DE');
      await child.getByLabel('Company or name').fill('West GmbH');
      await expect
        .poll(
          async () => {
            await child
              .getByRole('button', { name: 'Save billing details' })
              .click({ timeout: 1_000 })
              .catch(() => undefined);
            return parent.getByText('2 of 4').isVisible();
          },
          { timeout: 30_000, interval: 500 },
        )
        .toBe(true);
      await other.getByText('2 of 4').waitFor();
      await parent.getByRole('button', { name: 'Cancel billing transfer…' }).click();
      await parent.getByRole('dialog').getByLabel('Reason').fill('Not this year');
      await parent.getByRole('dialog').getByRole('button', { name: 'Cancel billing transfer' }).click();
      // Where it is refused the dialog stays and says why.
      await expect.poll(() => parent.locator('body').ariaSnapshot(), { timeout: 30_000 }).not.toContain('dialog');
      for (const page of [parent, child, other])
        await expect.poll(() => page.locator('body').ariaSnapshot(), { timeout: 30_000 }).toContain('Not this year');
      expect(await child.getByRole('timer').count()).toBe(0);
      await Promise.all([child.context().close(), parent.close()]);
      expect(app.faults).toEqual([]);
    },
  );

  it('opens to nobody who is signed in with another address, and says what to do', async () => {
    const west = (await owner.client.accounts.create.mutate({ account: owner.root, name: 'West' })).account.id;
    await owner.client.transfers.start.mutate({ account: west, name: 'West', recipient: 'otto@west.example' });
    const sent = async () =>
      (await app.mails())
        .map((mail) => mail.replaceAll('=\r\n', '').replaceAll('=\n', ''))
        .find((mail) => mail.includes('To: otto@west.example') && mail.includes('/transfer/'));
    await expect.poll(sent, { timeout: 20_000 }).toBeDefined();
    const page = await app.open({ context: await owner.context() });
    await page.goto(`${app.url}${/\/transfer\/[\w-]+/.exec((await sent()) ?? '')?.[0]}`);
    await page.getByRole('heading', { name: 'This link doesn’t open anything' }).waitFor();
    await page.getByText(EMAIL).waitFor();
    await page.getByRole('button', { name: 'Sign out and open it' }).click();
    await page.getByRole('heading', { name: 'Take over billing for West' }).waitFor();
    await page.context().close();
  });

  it('opens nothing by a link that nobody was sent', async () => {
    const page = await app.open();
    await page.goto(`${app.url}/transfer/tt_transfer_nothing`);
    await page.getByRole('heading', { name: 'This link doesn’t open anything' }).waitFor();
    await page.context().close();
  });
});

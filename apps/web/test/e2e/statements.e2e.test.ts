import { readFile } from 'node:fs/promises';
import { billingPeriodOf, instantOf } from '@tenantree/domain';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { IS_LONG } from '../../../../scripts/rounds.ts';
import { type Client, clientWith } from '../../../api/test/support/clients.ts';
import { type App, expectAccessible, startApp } from './app.ts';
import { look } from './look.ts';
import { claim, type Owner } from './owner.ts';

/** More lines than a page shows at once. */
const SHOPS = 201;

/** The month before the last one, whatever day it is today: that one ends, too, and who signs in then does by the machine’s clock. */
const present = new Date();
const month = billingPeriodOf(instantOf(Date.UTC(present.getUTCFullYear(), present.getUTCMonth() - 2, 1)));
const HOUR_MS = 3_600_000;
/**
 * Where the server’s clock stands, and goes on from: inside that month; then an hour after it, so that nothing is closed by the server itself
 * while somebody looks; and at last behind the grace.
 */
const INSIDE = Date.parse(month.start) + 14 * 24 * HOUR_MS;
const OVER = Date.parse(month.end) + HOUR_MS;
const CLOSES = OVER + 12 * HOUR_MS;
let behindMs = Date.now() - INSIDE;
const clock = { nowMs: (): number => Date.now() - behindMs };

let app: App;
let owner: Owner;
/** Sessions begin by the clock of the machine, and may be over behind the end of its month: a program goes on. */
let program: Client;
let context: BrowserContext;
/** Signed in where the server’s clock is the machine’s again. */
let now: BrowserContext;
let north: string;

beforeAll(async () => {
  app = await startApp({ clock });
  owner = await claim(app);
  const { client, root } = owner;
  const { key } = await client.keys.create.mutate({ account: root, name: 'Closes months' });
  program = clientWith(app.url, { authorization: `Bearer ${key}` });
  const create = async (name: string, parent = root) =>
    (await client.accounts.create.mutate({ account: parent, name })).account.id;
  north = await create('שלום North');
  const berlin = await create('Berlin', north);
  const south = await create('Acme South');
  const { results } = await client.accounts.createMany.mutate({
    account: south,
    accounts: Array.from({ length: SHOPS }, (_, k) => ({ name: `Shop ${k + 1}` })),
  });
  const shops = results.flatMap((one) => ('id' in one ? [one.id] : []));
  const plan = (await client.billing.plans.query({ account: root })).plans.find(({ refused }) => refused === null);
  if (!plan) throw new Error('no plan');
  await client.billing.subscribe.mutate({ account: root, plan: plan.id, version: plan.version });
  const sell = async (name: string, price: string, customers: readonly string[]): Promise<void> => {
    const terms = { currency: 'KWD', monthlyFee: '1.5', meters: { 'call.minutes': { model: 'flat' as const, price } } };
    const { book } = await client.books.save.mutate({ account: root, name, terms });
    if (customers.length === 0) return;
    const wish = { account: root, customers: [...customers], book: book.id, version: book.version, from: month.start };
    const { preview } = await client.books.previewAssignment.query(wish);
    await client.books.assign.mutate({ ...wish, preview });
  };
  await sell('Regions', '0.025', [north]);
  await sell('Pilot', '0.005', []);
  const events = [north, berlin, ...shops].map((account) => ({
    account,
    meter: 'call.minutes',
    quantity: '61',
    occurredAt: new Date(clock.nowMs() - HOUR_MS).toISOString(),
    idempotencyKey: `e-${account}`,
  }));
  await client.usage.record.mutate({ account: root, events });
  context = await owner.context({ acceptDownloads: true });
});
afterAll(() => app.close());

const monthWords = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format;
const words = monthWords(Date.parse(month.start));

describe('a month ends', () => {
  it('pages that are open then go on to the next one by themselves', async () => {
    const watching = await owner.context();
    await watching.clock.install({ time: clock.nowMs() });
    const pages = await Promise.all(
      ['billing', 'rebilling', 'usage'].map(async (name) => {
        const page = await app.open({ context: watching });
        await page.goto(`${app.url}/a/${owner.root}/${name}`);
        await page.getByText(name === 'usage' ? /by the end of the period/ : words).waitFor();
        return page;
      }),
    );
    behindMs = Date.now() - OVER;
    await watching.clock.fastForward(OVER - INSIDE);
    const [billing, rebilling, usage] = pages;
    const next = monthWords(OVER);
    await billing?.getByRole('heading', { name: `${next} so far` }).waitFor();
    await rebilling?.getByText(next, { exact: true }).waitFor();
    await usage?.getByText('Nothing was used in this time.').waitFor();
    await watching.close();
  });
});

describe('rebilling of a month that is over', () => {
  it('a draft is read line by line, and another book tried on it without a trace', async () => {
    const page = await app.open({ context });
    await page.goto(`${app.url}/a/${owner.root}/rebilling?period=${month.key}`);
    await page.getByRole('link', { name: 'שלום North' }).click();
    await page.getByRole('heading', { name: 'KWD 4.550' }).waitFor();
    await page.getByRole('row', { name: /Berlin.*61 minutes.*KWD 1\.525/ }).waitFor();
    await page.getByLabel(`Price book over all of ${words}`).selectOption({ label: 'Pilot v1' });
    await page.getByRole('button', { name: 'Try', exact: true }).dblclick();
    await page.getByRole('row', { name: /Pilot v1 KWD 2\.110/ }).waitFor();
    await look(page, 'customer');
    const { rows } = await owner.client.books.assignments.query({ account: owner.root, customer: north });
    expect(rows.map(({ book, to }) => [book.name, to])).toEqual([['Regions', null]]);
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('is frozen once, however often it is clicked, and its customer has it: as a page, as CSV and as PDF', async () => {
    const seller = await app.open({ context });
    await seller.goto(`${app.url}/a/${owner.root}/rebilling?period=${month.key}`);
    await seller.getByRole('button', { name: 'Freeze' }).dblclick();
    await seller.getByRole('link', { name: /^STM-/ }).waitFor();
    const exported = seller.waitForEvent('download');
    await seller.getByRole('button', { name: 'Export CSV' }).click();
    const csv = await readFile(await (await exported).path(), 'utf8');
    expect(csv).toMatch(/,שלום North,Regions v1,[\d.]+,[A-Z]{3},4\.550,KWD,,,STM-/);
    const customer = await app.open({ context });
    await customer.goto(`${app.url}/a/${north}/billing`);
    await customer.getByRole('region', { name: 'Statements' }).waitFor();
    await look(customer, 'received');
    await customer.getByRole('link', { name: /^STM-/ }).click();
    await customer.getByText('61 minutes').first().waitFor();
    expect(await customer.getByText('Regions').count()).toBe(0);
    await look(customer, 'statement');
    // Where there is little room amounts are not beside it.
    await customer.setViewportSize({ width: 360, height: 800 });
    const table = `document.querySelector('[role="region"][aria-label="Lines"]')`;
    expect(await customer.evaluate(`${table}.scrollWidth <= ${table}.clientWidth`)).toBe(true);
    await customer.setViewportSize({ width: 1280, height: 800 });
    for (const [button, name] of [
      ['Lines as CSV', /\.csv$/],
      ['PDF', /\.pdf$/],
    ] as const) {
      const saving = customer.waitForEvent('download');
      await customer.getByRole('button', { name: button }).click();
      expect((await saving).suggestedFilename()).toMatch(name);
    }
    await customer.goto(`${app.url}/a/${north}/billing/statements/${owner.root}`);
    await customer.getByRole('heading', { name: 'No such statement' }).waitFor();
    await Promise.all([seller.close(), customer.close()]);
    expect(app.faults).toEqual([]);
  });

  further(
    'what is written of a book is tried on real usage before it is saved, also when the server was away',
    async () => {
      const page = await app.open({ context });
      await page.clock.install({ time: clock.nowMs() });
      await page.goto(`${app.url}/a/${owner.root}/rebilling/books/new`);
      await page.getByLabel('Price a minute').fill('0.1');
      await page.getByLabel('Currency').selectOption('KWD');
      await page.getByText(words).waitFor();
      await page.getByLabel('Customer').selectOption({ label: 'שלום North' });
      await page.getByRole('button', { name: 'Try', exact: true }).click();
      await page.getByRole('row', { name: /As written here KWD 12\.200/ }).waitFor();
      await look(page, 'try-terms');
      expect((await owner.client.books.list.query({ account: owner.root })).rows).toHaveLength(2);
      await app.stop();
      await page.getByLabel('Price a minute').fill('0.2');
      await page.getByRole('button', { name: 'Try', exact: true }).click();
      await page.getByRole('alert').waitFor();
      await app.start();
      await page.getByRole('button', { name: 'Try', exact: true }).click();
      await page.getByRole('row', { name: /As written here KWD 24\.400/ }).waitFor();
      await page.close();
      expect(app.faults).toEqual([]);
    },
  );

  further(
    'a book is taken away by keys alone, at the end of the period, after a question, and stays in what there was',
    async () => {
      const page = await app.open({ context });
      await page.goto(`${app.url}/a/${owner.root}/rebilling/customers/${north}`);
      await page.getByRole('button', { name: 'Change price book' }).press('Enter');
      await page.getByLabel('Price book', { exact: true }).press('End');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'End price book' }).press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const { rows } = await owner.client.books.assignments.query({ account: owner.root, customer: north });
      expect(rows.map(({ to }) => to)).toEqual([billingPeriodOf(instantOf(clock.nowMs())).end]);
      await page
        .getByRole('region', { name: 'Price books over time' })
        .getByRole('row', { name: /Regions.*now/ })
        .waitFor();
      await page.close();
      expect(app.faults).toEqual([]);
    },
  );

  further('an account that is no customer, such as the seller itself, has no page', async () => {
    const page = await app.open({ context });
    for (const nobody of [owner.root, owner.root.replace(/.{6}$/, 'ffffff')]) {
      await page.goto(`${app.url}/a/${owner.root}/rebilling/customers/${nobody}`);
      await page.getByRole('heading', { name: 'No such customer' }).waitFor();
      expect(await page.getByRole('button', { name: 'Change price book' }).count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Try', exact: true }).count()).toBe(0);
    }
    await look(page, 'no-customer');
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('an invoice is read line by line before it is issued, and printed with all of its lines and nothing to press', async () => {
    const page = await app.open({ context });
    await page.goto(`${app.url}/a/${owner.root}/billing/draft?period=${month.key}`);
    await page.getByText('Draft, before tax').waitFor();
    await page.getByRole('heading', { name: `${SHOPS + 3} lines so far` }).waitFor();
    await page.getByRole('button', { name: 'Month after' }).click();
    await page.getByRole('heading', { name: '1 line so far' }).waitFor();
    await look(page, 'draft-invoice');
    await page.getByRole('button', { name: 'Month before' }).click();
    await page.getByText('It can be closed once its grace').waitFor();
    // A server closes what is due every minute: one that begins now doesn’t before the click.
    await app.stop();
    await app.start();
    behindMs = Date.now() - CLOSES;
    await page.reload();
    await page.getByRole('button', { name: `Close ${words}…` }).dblclick();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`before tax, ${SHOPS + 3} lines`).waitFor();
    await look(page, 'close-month');
    await dialog.getByRole('button', { name: `Close ${words}`, exact: true }).dblclick();
    await page.getByRole('heading', { name: /^Invoice INV-/ }).waitFor();
    const [invoice, ...others] = (await owner.client.invoices.list.query({ account: owner.root })).rows;
    if (!invoice) throw new Error('no invoice');
    expect(others).toEqual([]);
    await page.goto(`${app.url}/a/${owner.root}/billing/draft?period=${month.key}`);
    await page.getByRole('link', { name: invoice.number ?? '' }).waitFor();
    await page.addInitScript(
      "window.print = () => { document.documentElement.dataset.printed = document.querySelectorAll('tbody tr').length; }",
    );
    await page.goto(`${app.url}/a/${owner.root}/billing/invoices/${invoice.id}`);
    await page.getByRole('button', { name: /more lines/ }).waitFor();
    await page.getByRole('button', { name: 'Print' }).click();
    await expect.poll(() => page.locator('html').getAttribute('data-printed')).toBe(String(invoice.lines));
    // Axe takes long for hundreds of lines; a short invoice is looked at below.
    if (IS_LONG) await expectAccessible(page, 'invoice');
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('navigation').count()).toBe(0);
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('a line of late usage opens the events behind it, which can be saved', async () => {
    const late = {
      account: north,
      meter: 'call.minutes',
      quantity: '7.5',
      occurredAt: new Date(INSIDE).toISOString(),
      attributes: { agent: 'Dana' },
      idempotencyKey: 'late',
    };
    await owner.client.usage.record.mutate({ account: owner.root, events: [late] });
    await app.stop();
    await app.start();
    const next = billingPeriodOf(month.end);
    behindMs = Date.now() - Date.parse(next.end) - 13 * HOUR_MS;
    const { invoice } = await program.invoices.closePeriod.mutate({ account: owner.root, period: next.key });
    behindMs = 0;
    now = await owner.context({ acceptDownloads: true });
    const page = await app.open({ context: now });
    await page.goto(`${app.url}/a/${owner.root}/billing/invoices/${invoice.id}`);
    await page.getByRole('heading', { name: /^Invoice INV-/ }).waitFor();
    await page.getByRole('link', { name: `Late usage of ${month.key}: Call minutes of “שלום North”` }).click();
    await page.getByRole('row', { name: /late 7\.5 minutes .* Dana/ }).waitFor();
    await look(page, 'late-events');
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const csv = await readFile(await (await saving).path(), 'utf8');
    expect(csv).toContain(`${late.occurredAt},`);
    expect(csv).toMatch(/,usage,,Dana,late,7\.5/);
    await page.goto(page.url().replace(/\d+$/, '999'));
    await page.getByRole('heading', { name: 'No such line of late usage' }).waitFor();
    // An address that was cut off or typed.
    for (const path of [page.url().replace(/\d+$/, 'third'), `${app.url}/a/${owner.root}/billing/statements/5`]) {
      await page.goto(path);
      await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    }
    await page.close();
    expect(app.faults).toEqual([]);
  });

  it('an invoice is credited after a look at what comes of it, once however often it is clicked', async () => {
    const account = owner.root;
    const [invoice] = (await owner.client.invoices.list.query({ account })).rows;
    // Of two lines: to look at hundreds takes axe long, and shows nothing else.
    const page = await app.open({ context: now });
    await page.goto(`${app.url}/a/${account}/billing`);
    await page.getByRole('link', { name: invoice?.number ?? '' }).click();
    await page.getByRole('button', { name: 'Credit…' }).click();
    await page.getByLabel('Reason').fill('A call that was cut off');
    for (const [wished, refused] of [
      ['0.501', 'at most 2 digits'],
      ['1000000', 'can still be credited'],
      ['0', 'more than 0'],
      ['1,500', 'could be 1500 or 1.5'],
    ] as const) {
      await page.getByLabel('Amount').fill(wished);
      await page.getByRole('button', { name: 'Review' }).click();
      await page.getByRole('alert').getByText(refused).waitFor();
    }
    await page.getByLabel('Amount').fill('0,50');
    await look(page, 'invoice');
    await page.getByRole('button', { name: 'Review' }).dblclick();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('In credit is €0.00 now, and €0.50 then').waitFor();
    await look(page, 'credit');
    await dialog.getByRole('button', { name: 'Credit €0.50' }).dblclick();
    await page.getByRole('heading', { name: /^Credit note CRN-/ }).waitFor();
    await page.getByRole('row', { name: 'Credit of line 1: Monthly fee' }).waitFor();
    await page.getByRole('row', { name: 'To the balance €0.50' }).waitFor();
    await look(page, 'credit-note');
    const { rows } = await owner.client.invoices.list.query({ account });
    expect(rows.map(({ kind }) => kind)).toEqual(['credit', 'period', 'period']);
    expect((await owner.client.billing.get.query({ account })).balance).toMatchObject([{ minor: '50' }]);
    await page.getByRole('link', { name: `Invoice ${invoice?.number}` }).click();
    await page.getByRole('row', { name: 'Credited to the balance since €0.50' }).waitFor();
    await look(page, 'credited');
    await page.close();
    expect(app.faults).toEqual([]);
  });
});

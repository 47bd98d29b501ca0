import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../../scripts/further.ts';
import { PASSWORD } from '../../../api/test/support/clients.ts';
import { STRIPE_KEYS, type StripeStandIn, startStripe } from '../../../api/test/support/stripe-stand-in.ts';
import { type App, expectAccessible, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';
import { BAD_CARD, GOOD_CARD, standInForStripeJs } from './stripe-js.ts';

/** Where pictures are put that somebody wants to look at. */
const { PICTURES = '' } = process.env;

let stripe: StripeStandIn;
let app: App;
let owner: Owner;
let home: BrowserContext;
let js: Awaited<ReturnType<typeof standInForStripeJs>>;
beforeAll(async () => {
  stripe = await startStripe();
  app = await startApp({ config: { stripe: { ...STRIPE_KEYS, url: stripe.url } } });
  owner = await claim(app);
  home = await owner.context();
  js = await standInForStripeJs(home, stripe);
});
afterAll(async () => {
  await app.close();
  await stripe.close();
});

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Pay by card' });

/** Writes a card into the form of Stripe, and saves it. */
async function give(page: Page, number: string): Promise<void> {
  await page.frameLocator('iframe[title="Card"]').getByLabel('Card number').fill(number);
  await dialog(page).getByRole('button', { name: 'Save card' }).click();
}

async function picture(page: Page, what: string): Promise<void> {
  if (PICTURES === '') return;
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `${PICTURES}/${what}-${scheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

describe('The payment method of a payer', () => {
  it('is a card once Stripe has it: declined and mended in its form, shown, replaced and taken away', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/billing`);
    await page.getByText('Invoice and bank transfer').waitFor();
    await page.getByRole('button', { name: 'Add a card' }).dblclick();
    await page.frameLocator('iframe[title="Card"]').getByLabel('Card number').waitFor();
    expect(await dialog(page).count()).toBe(1);
    await expectAccessible(page, 'the form of Stripe');
    await picture(page, 'card-form');
    await give(page, BAD_CARD);
    await dialog(page).getByRole('alert').getByText('Your card was declined.').waitFor();
    await give(page, GOOD_CARD);
    await page.getByText('Visa •••• 4242').waitFor();
    await expect.poll(() => dialog(page).count()).toBe(0);
    await picture(page, 'card-set');
    await expectAccessible(page, 'a card in use');
    const first = [...stripe.intents.keys()].at(-1) ?? '';
    // Another tab sees it; reloaded, too.
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${owner.root}/billing`);
    await other.getByText('Visa •••• 4242').waitFor();
    await page.getByRole('button', { name: 'Replace card' }).click();
    await give(page, GOOD_CARD);
    await expect.poll(() => stripe.detached, { timeout: 20_000 }).toContain(`pm_${first}`);
    await page.getByRole('button', { name: 'Remove card…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove card' }).click();
    await page.getByText('Invoice and bank transfer').waitFor();
    await Promise.all([page.close(), other.close()]);
    expect(js.sent).toBe(3);
    expect(app.faults).toEqual([]);
  });

  further('goes on where it stopped when the form is left by Escape, and in the other tab', async () => {
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/billing`);
    await page.getByRole('button', { name: 'Add a card' }).press('Enter');
    await page.frameLocator('iframe[title="Card"]').getByLabel('Card number').waitFor();
    await dialog(page).getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('Escape');
    const goOn = page.getByRole('button', { name: 'Go on with the card' });
    await goOn.waitFor();
    const intents = stripe.intents.size;
    const other = await app.open({ context: home });
    await other.goto(`${app.url}/a/${owner.root}/billing`);
    await other.getByRole('button', { name: 'Go on with the card' }).click();
    await give(other, GOOD_CARD);
    await other.getByText('Visa •••• 4242').waitFor();
    expect(stripe.intents.size).toBe(intents);
    // Whoever waits sees it by itself.
    await page.getByText('Visa •••• 4242').waitFor();
    await owner.client.billing.setPayment.mutate({ account: owner.root, provider: 'invoice' });
    await Promise.all([page.close(), other.close()]);
    expect(app.faults).toEqual([]);
  });

  further(
    'is said not to be loaded when Stripe.js fails or hangs, and not to have answered when it doesn’t; nothing is lost',
    async () => {
      // The clock of a page is that of all of its context.
      const context = await owner.context();
      const js = await standInForStripeJs(context, stripe);
      const page = await app.open({ context });
      await page.clock.install();
      await page.goto(`${app.url}/a/${owner.root}/billing`);
      js.mode = 'fails';
      await page.getByRole('button', { name: 'Add a card' }).click();
      await dialog(page).getByText('can’t be loaded').waitFor();
      js.mode = 'hangs';
      const asked = page.waitForRequest('https://js.stripe.com/**');
      await dialog(page).getByRole('button', { name: 'Try again' }).click();
      await asked;
      await dialog(page).getByText('Loading').waitFor();
      await page.clock.fastForward(21_000);
      await dialog(page).getByText('can’t be loaded').waitFor();
      await dialog(page).getByRole('button', { name: 'Cancel' }).click();
      await page.reload();
      js.mode = 'well';
      await page.getByRole('button', { name: 'Go on with the card' }).click();
      await page.frameLocator('iframe[title="Card"]').getByLabel('Card number').waitFor();
      js.mode = 'mute';
      await give(page, GOOD_CARD);
      await dialog(page).getByText('didn’t answer').waitFor();
      js.mode = 'well';
      await dialog(page).getByRole('button', { name: 'Save card' }).click();
      await page.getByText('Visa •••• 4242').waitFor();
      await context.close();
    },
  );

  further('waits as pending while the server can’t reach Stripe', async () => {
    await owner.client.billing.setPayment.mutate({ account: owner.root, provider: 'invoice' });
    const page = await app.open({ context: home });
    await page.goto(`${app.url}/a/${owner.root}/billing`);
    stripe.mode = 'down';
    await page.getByRole('button', { name: 'Add a card' }).click();
    await page.getByText('hasn’t finished it yet').waitFor();
    stripe.mode = 'well';
    await page.getByRole('button', { name: 'Go on with the card' }).click();
    await give(page, GOOD_CARD);
    await page.getByText('Visa •••• 4242').waitFor();
    await page.close();
  });
});

describe('The payment method of a checklist', () => {
  it('is a card, given in the form of Stripe by whoever takes over; gone there, it is asked for again on both sides', async () => {
    const account = (await owner.client.accounts.create.mutate({ account: owner.root, name: 'Acme East' })).account.id;
    const order = { recipient: 'ed@east.example', completion: 'confirmed' } as const;
    await owner.client.transfers.start.mutate({ account, name: 'Acme East', ...order });
    await expect
      .poll(async () => (await app.mails()).some((mail) => mail.includes('/transfer/')), { timeout: 20_000 })
      .toBe(true);
    const mail = (await app.mails()).findLast((one) => one.includes('/transfer/')) ?? '';
    const link = /\/transfer\/[\w-]+/.exec(mail)?.[0] ?? '';
    const context = await app.browser.newContext();
    await standInForStripeJs(context, stripe);
    const child = await app.open({ context });
    await child.goto(`${app.url}${link}`);
    await child.getByLabel('Your name').fill('Ed East');
    await child.getByLabel('Password').fill(PASSWORD);
    await child.getByRole('button', { name: 'I own Acme East' }).click();
    await child.getByLabel('Country').selectOption('DE');
    await child.getByLabel('Company or name').fill('East GmbH');
    await child.getByRole('button', { name: 'Save billing details' }).click();
    const parent = await app.open({ context: home });
    await parent.goto(`${app.url}/a/${owner.root}/subaccounts/${account}/billing`);
    await parent.getByText('2 of 4').waitFor();
    await child.getByRole('button', { name: 'Add a card' }).click();
    await parent.getByText('Waiting for the payment provider').waitFor();
    await give(child, BAD_CARD);
    await dialog(child).getByText('Your card was declined.').waitFor();
    await give(child, GOOD_CARD);
    await child.getByText('Visa •••• 4242').waitFor();
    await parent.getByText('3 of 4').waitFor();
    expect(await parent.getByText('4242').count()).toBe(0);
    await picture(child, 'checklist-card');
    await expectAccessible(child, 'the checklist with a card');
    const intent = [...stripe.intents.keys()].at(-1) ?? '';
    const method = stripe.methods.get(`pm_${intent}`);
    if (method) method.customer = null;
    const { body, signature } = stripe.report('payment_method.detached', `pm_${intent}`);
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    const answered = await fetch(`${app.url}/v1/payments/stripe`, { method: 'POST', headers, body });
    expect(answered.status).toBe(200);
    await parent.getByText('2 of 4').waitFor();
    await child.getByRole('button', { name: 'Add a card' }).waitFor();
    await Promise.all([context.close(), parent.close()]);
    expect(app.faults).toEqual([]);
  });
});

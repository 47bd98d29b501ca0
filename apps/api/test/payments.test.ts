import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Client } from './support/clients.ts';
import { callerWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';
import { STRIPE_KEYS, type StripeStandIn, startStripe } from './support/stripe-stand-in.ts';
import { stageTransfers, type TransferStage } from './support/transfer-stage.ts';

let stage: TransferStage;
let stripe: StripeStandIn;
let n = 0;
beforeAll(async () => {
  stripe = await startStripe();
  stage = await stageTransfers({ config: { stripe: { ...STRIPE_KEYS, url: stripe.url } } });
});
afterAll(async () => {
  await stage.close();
  await stripe.close();
});

async function underWay(): Promise<{ account: string; theirs: Client }> {
  n += 1;
  const email = `payer-${n}@example.com`;
  const account = await stage.make(stage.api.root, `Payer ${n}`);
  await stage.start(account, `Payer ${n}`, email, { completion: 'confirmed' });
  return { account, theirs: await stage.accept(email) };
}

const payment = async (client: Client, account: string) =>
  (await client.transfers.get.query({ account })).transfer?.steps.payment;
const send = async ({ body, signature }: { body: string; signature: string }): Promise<number> => {
  const answer = await fetch(`${stage.api.url}/v1/payments/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body,
  });
  return answer.status;
};
const VISA = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2099 };
const newest = (): string => [...stripe.intents.keys()].at(-1) ?? '';

describe('A payment method at Stripe', () => {
  it('is set when Stripe says so by a signed report, however often and in whatever order they come', async () => {
    const { account, theirs } = await underWay();
    const begun = await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const intent = newest();
    expect(begun.form).toEqual({ publishableKey: 'pk_test_1', clientSecret: `${intent}_secret` });
    expect(begun.state.transfer?.steps.payment).toEqual({ provider: 'stripe', state: 'pending', card: null });
    expect(begun.state.transfer?.missing).toContain('payment');
    // Going on is going on with the same.
    expect((await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' })).form).toEqual(begun.form);
    expect(await send(stripe.report('setup_intent.succeeded', intent, 'whsec_other'))).toBe(401);
    stripe.finish(intent, 'failed');
    const failed = stripe.report('setup_intent.setup_failed', intent);
    expect(await send(failed)).toBe(200);
    expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'failed', card: null });
    stripe.finish(intent, 'succeeded');
    const succeeded = stripe.report('setup_intent.succeeded', intent);
    for (const report of [succeeded, failed, succeeded]) expect(await send(report)).toBe(200);
    expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'set', card: VISA });
  });

  it('is taken away there when the transfer lapses, or another one is chosen; a late report changes nothing', async () => {
    const { account, theirs } = await underWay();
    await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const intent = newest();
    stripe.finish(intent, 'succeeded');
    expect(await send(stripe.report('setup_intent.succeeded', intent))).toBe(200);
    await stage.api.owner.transfers.cancel.mutate({ account });
    await vi.waitFor(() => expect(stripe.detached).toContain(`pm_${intent}`), { timeout: 10_000 });
    expect(await send(stripe.report('setup_intent.succeeded', intent))).toBe(200);
    expect((await stage.api.owner.transfers.get.query({ account })).transfer?.steps.payment).toBeNull();
    const other = await underWay();
    await other.theirs.transfers.setPayment.mutate({ account: other.account, provider: 'stripe' });
    const second = newest();
    stripe.finish(second, 'succeeded');
    await other.theirs.transfers.setPayment.mutate({ account: other.account, provider: 'invoice' });
    expect(await payment(other.theirs, other.account)).toEqual({ provider: 'invoice', state: 'set', card: null });
    await vi.waitFor(() => expect(stripe.detached).toContain(`pm_${second}`), { timeout: 10_000 });
  });

  it('is left alone when it was begun by another deployment with the same account of Stripe', async () => {
    const another = [...stripe.intents.values()].at(-1) ?? expect.fail('one was begun before');
    const metadata = { account: '01900000-0000-7000-8000-000000000001', transfer: another.metadata['transfer'] ?? '' };
    stripe.intents.set('seti_other', { ...another, id: 'seti_other', metadata });
    stripe.finish('seti_other', 'succeeded');
    expect(await send(stripe.report('setup_intent.succeeded', 'seti_other'))).toBe(200);
    expect(stripe.detached).not.toContain('pm_seti_other');
  });

  it.each(['down', 'hangs up'] as const)(
    'waits as pending while Stripe %s, and is begun once when it is back',
    async (mode) => {
      const { account, theirs } = await underWay();
      const before = stripe.intents.size;
      stripe.mode = mode;
      const { form } = await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
      expect(form).toBeNull();
      expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'pending', card: null });
      stripe.mode = 'well';
      // Whoever asks again is answered at once; the job finds that it is done.
      const again = await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
      expect(again.form?.clientSecret).toContain('_secret');
      await jobsEnded(stage.api.database);
      expect(stripe.intents.size - before).toBe(1);
      expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'pending', card: null });
    },
  );

  it('is not taken for one that was chosen while the job was beginning it', async () => {
    const { account, theirs } = await underWay();
    stripe.mode = 'down';
    await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    stripe.hold = { asked: asked.resolve, answered: answered.promise };
    stripe.mode = 'well';
    await asked.promise;
    await theirs.transfers.setPayment.mutate({ account, provider: 'invoice' });
    answered.resolve();
    stripe.hold = null;
    await jobsEnded(stage.api.database);
    expect(await payment(theirs, account)).toEqual({ provider: 'invoice', state: 'set', card: null });
    expect(stripe.intents.get(newest())?.status).toBe('canceled');
  });
});

describe('A card in a checklist', () => {
  it('is seen as it is there when somebody comes from the form, before any report; the parent’s side sees no card', async () => {
    const { account, theirs } = await underWay();
    expect((await theirs.transfers.get.query({ account })).ways).toEqual(['invoice', 'stripe']);
    await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    expect((await theirs.transfers.checkPayment.mutate({ account })).transfer?.steps.payment?.state).toBe('pending');
    stripe.finish(newest(), 'succeeded');
    stripe.mode = 'down';
    expect((await theirs.transfers.checkPayment.mutate({ account })).transfer?.steps.payment?.state).toBe('pending');
    stripe.mode = 'well';
    const { transfer } = await theirs.transfers.checkPayment.mutate({ account });
    expect(transfer?.steps.payment).toEqual({ provider: 'stripe', state: 'set', card: VISA });
    expect(await payment(stage.api.owner, account)).toEqual({ provider: 'stripe', state: 'set', card: null });
    await expect(stage.api.owner.transfers.checkPayment.mutate({ account })).rejects.toThrow();
  });

  it.each([
    ['was taken away at Stripe', 'payment_method.detached'],
    ['expired', 'payment_method.automatically_updated'],
  ])('has to be set again when it %s; both sides are told and the clock runs on', async (how, type) => {
    const { account, theirs } = await underWay();
    await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const intent = newest();
    stripe.finish(intent, 'succeeded');
    expect(await send(stripe.report('setup_intent.succeeded', intent))).toBe(200);
    const { expiresAt } = (await theirs.transfers.get.query({ account })).transfer ?? expect.fail('it is under way');
    const method = stripe.methods.get(`pm_${intent}`)!;
    if (how === 'expired') method.card = { ...method.card, exp_month: 1, exp_year: 2020 };
    else method.customer = null;
    const report = stripe.report(type, method.id);
    for (const one of [report, report]) expect(await send(one)).toBe(200);
    const { transfer } = await theirs.transfers.get.query({ account });
    expect(transfer).toMatchObject({ expiresAt, steps: { payment: null } });
    expect(transfer?.missing).toContain('payment');
    const told = 'has to be set again';
    await stage.mailTo(transfer?.recipient ?? '', told);
    await stage.mailTo(stage.api.email, told);
    // Set again, it is another one.
    await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    expect(newest()).not.toBe(intent);
  });

  it('goes on being what the account pays by when it is independent, with the same customer', async () => {
    const { account, theirs } = await underWay();
    await stage.setUp(theirs, account);
    await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const intent = newest();
    stripe.finish(intent, 'succeeded');
    await theirs.transfers.checkPayment.mutate({ account });
    await theirs.transfers.complete.mutate({ account });
    const { payment: paying } = await theirs.billing.get.query({ account });
    expect(paying).toEqual({
      ways: ['invoice', 'stripe'],
      method: { provider: 'stripe', state: 'set', card: VISA },
      next: null,
    });
    expect(await send(stripe.report('setup_intent.succeeded', intent))).toBe(200);
    expect(stripe.detached).not.toContain(`pm_${intent}`);
    await theirs.billing.setPayment.mutate({ account, provider: 'stripe' });
    expect(stripe.intents.get(newest())?.customer).toBe(stripe.intents.get(intent)?.customer);
  });
});

describe('How a main account pays', () => {
  const paying = async (client: Client, account: string) => (await client.billing.get.query({ account })).payment;
  const events = async (): Promise<string[]> =>
    (
      await stage.api.database.asOwner<{ state: string }>(
        `SELECT details ->> 'state' AS state FROM journal WHERE kind = 'billing.paymentChanged' AND account_id = $1 ORDER BY seq`,
        [stage.api.root],
      )
    ).map(({ state }) => state);

  it('is by invoice until a card is there, which is replaced and taken away; what is replaced goes at Stripe', async () => {
    const { owner, root: account } = stage.api;
    const by = { ways: ['invoice', 'stripe'], method: null, next: null };
    expect(await paying(owner, account)).toEqual(by);
    const begun = await owner.billing.setPayment.mutate({ account, provider: 'stripe' });
    const first = newest();
    expect(begun.form).toEqual({ publishableKey: 'pk_test_1', clientSecret: `${first}_secret` });
    expect(begun.state.payment).toEqual({ ...by, next: { provider: 'stripe', state: 'pending' } });
    // Two tabs, or a double click: the same goes on.
    expect((await owner.billing.setPayment.mutate({ account, provider: 'stripe' })).form).toEqual(begun.form);
    stripe.finish(first, 'failed');
    expect(await send(stripe.report('setup_intent.setup_failed', first))).toBe(200);
    expect((await paying(owner, account))?.next).toEqual({ provider: 'stripe', state: 'failed' });
    stripe.finish(first, 'succeeded');
    const set = await owner.billing.checkPayment.mutate({ account });
    expect(set.payment).toEqual({ ...by, method: { provider: 'stripe', state: 'set', card: VISA } });
    await owner.billing.setPayment.mutate({ account, provider: 'stripe' });
    const second = newest();
    expect((await paying(owner, account))?.method?.card).toEqual(VISA);
    stripe.finish(second, 'succeeded');
    const report = stripe.report('setup_intent.succeeded', second);
    for (const one of [report, report]) expect(await send(one)).toBe(200);
    await vi.waitFor(() => expect(stripe.detached).toContain(`pm_${first}`), { timeout: 10_000 });
    expect(stripe.intents.get(second)?.customer).toBe(stripe.intents.get(first)?.customer);
    const removed = await owner.billing.setPayment.mutate({ account, provider: 'invoice' });
    expect(removed.state.payment).toEqual(by);
    await vi.waitFor(() => expect(stripe.detached).toContain(`pm_${second}`), { timeout: 10_000 });
    const once = ['pending', 'pending', 'set'];
    expect(await events()).toEqual([...once.toSpliced(2, 0, 'failed'), ...once, 'removed']);
  });

  it('is told once to its owners when the card is gone; the account goes on by invoice', async () => {
    const { owner, root: account, email } = stage.api;
    await owner.billing.setPayment.mutate({ account, provider: 'stripe' });
    const intent = newest();
    stripe.finish(intent, 'succeeded');
    await owner.billing.checkPayment.mutate({ account });
    stripe.methods.get(`pm_${intent}`)!.customer = null;
    const report = stripe.report('payment_method.detached', `pm_${intent}`);
    for (const one of [report, report]) expect(await send(one)).toBe(200);
    expect((await paying(owner, account))?.method).toEqual({ provider: 'stripe', state: 'lost', card: VISA });
    await jobsEnded(stage.api.database);
    const mails = (await stage.mailsTo(email)).filter((mail) => mail.includes('has no payment method'));
    expect(mails).toHaveLength(1);
    expect(mails[0]).toContain('visa 4242');
    expect((await events()).at(-1)).toBe('lost');
    await owner.billing.setPayment.mutate({ account, provider: 'invoice' });
  });

  it('waits as pending while Stripe is away, and is begun once by a job', async () => {
    const { owner, root: account } = stage.api;
    const before = stripe.intents.size;
    stripe.mode = 'down';
    const { form, state } = await owner.billing.setPayment.mutate({ account, provider: 'stripe' });
    expect(form).toBeNull();
    expect(state.payment?.next).toEqual({ provider: 'stripe', state: 'pending' });
    expect((await owner.billing.checkPayment.mutate({ account })).payment?.next?.state).toBe('pending');
    stripe.mode = 'well';
    expect((await owner.billing.setPayment.mutate({ account, provider: 'stripe' })).form).not.toBeNull();
    await jobsEnded(stage.api.database);
    expect(stripe.intents.size - before).toBe(1);
    await owner.billing.setPayment.mutate({ account, provider: 'invoice' });
    await vi.waitFor(() => expect(stripe.intents.get(newest())?.status).toBe('canceled'), { timeout: 10_000 });
  });

  it('holds nobody in its tree up while Stripe thinks, though the call has an idempotency key', async () => {
    const { owner, root: account, url, headers } = stage.api;
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    stripe.hold = { asked: asked.resolve, answered: answered.promise };
    const caller = callerWith(url, headers);
    const begun = caller.call('billing.setPayment', { account, provider: 'stripe' }, 'by card');
    await asked.promise;
    await stage.make(account, 'Made meanwhile');
    answered.resolve();
    stripe.hold = null;
    expect(await begun).toMatchObject({ form: { publishableKey: 'pk_test_1' } });
    caller.close();
    await owner.billing.setPayment.mutate({ account, provider: 'invoice' });
  });

  it('is nobody’s choice in an account that another one pays for, and none but by what there is', async () => {
    const { owner } = stage.api;
    const account = await stage.make(stage.api.root, 'Paid for');
    expect(await paying(owner, account)).toBeNull();
    await expect(owner.billing.setPayment.mutate({ account, provider: 'stripe' })).rejects.toMatchObject({
      message: expect.stringContaining('is paid for by an account above it'),
    });
    await expect(owner.billing.checkPayment.mutate({ account })).rejects.toThrow();
    await expect(owner.billing.setPayment.mutate({ account: stage.api.root, provider: 'gold' })).rejects.toMatchObject({
      message: 'Accounts pay here by “invoice”, “stripe”.',
    });
  });
});

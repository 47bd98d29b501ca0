import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Client } from './support/clients.ts';
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
const newest = (): string => [...stripe.intents.keys()].at(-1) ?? '';

describe('A payment method at Stripe', () => {
  it('is set when Stripe says so by a signed report, however often and in whatever order they come', async () => {
    const { account, theirs } = await underWay();
    const begun = await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
    const intent = newest();
    expect(begun.form).toEqual({ publishableKey: 'pk_test_1', clientSecret: `${intent}_secret` });
    expect(begun.state.transfer?.steps.payment).toEqual({ provider: 'stripe', state: 'pending' });
    expect(begun.state.transfer?.missing).toContain('payment');
    // Going on is going on with the same.
    expect((await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' })).form).toEqual(begun.form);
    expect(await send(stripe.report('setup_intent.succeeded', intent, 'whsec_other'))).toBe(401);
    stripe.finish(intent, 'failed');
    const failed = stripe.report('setup_intent.setup_failed', intent);
    expect(await send(failed)).toBe(200);
    expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'failed' });
    stripe.finish(intent, 'succeeded');
    const succeeded = stripe.report('setup_intent.succeeded', intent);
    for (const report of [succeeded, failed, succeeded]) expect(await send(report)).toBe(200);
    expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'set' });
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
    expect(await payment(other.theirs, other.account)).toEqual({ provider: 'invoice', state: 'set' });
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
      expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'pending' });
      stripe.mode = 'well';
      // Whoever asks again is answered at once; the job finds that it is done.
      const again = await theirs.transfers.setPayment.mutate({ account, provider: 'stripe' });
      expect(again.form?.clientSecret).toContain('_secret');
      await jobsEnded(stage.api.database);
      expect(stripe.intents.size - before).toBe(1);
      expect(await payment(theirs, account)).toEqual({ provider: 'stripe', state: 'pending' });
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
    expect(await payment(theirs, account)).toEqual({ provider: 'invoice', state: 'set' });
    expect(stripe.intents.get(newest())?.status).toBe('canceled');
  });
});

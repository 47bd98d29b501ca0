import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type BillingStage,
  MID_OCTOBER,
  minutes,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import { type Client, codeOf, join } from './support/clients.ts';

let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling([plan('paid', minutes('1'))], { config: { billingOperators: ['ops@example.com'] } });
});
afterAll(() => stage.close());

it('Where billing has operators, they alone credit invoices and correct usage, in accounts that they are members of', async () => {
  const { id, client } = await stage.main('Customer');
  const below = await stage.make(id, 'Below');
  const elsewhere = await stage.main('Elsewhere');
  const operator = await join(stage.url, stage.owner, elsewhere.id, 'Ops@example.com', 'viewer');
  stage.clock.ms = OCTOBER;
  await stage.subscribe(client, id, 'paid');
  stage.clock.ms = MID_OCTOBER;
  await stage.use(client, below, '100');
  const adjust = (by: Client, key: string) =>
    by.usage.adjust.mutate({
      account: below,
      meter: 'call.minutes',
      quantity: '-1',
      occurredAt: new Date(MID_OCTOBER - 60_000).toISOString(),
      idempotencyKey: key,
      reason: 'A fault',
    });
  // Neither those who pay, nor their programs; and operators only where they are members.
  for (const by of [client, stage.owner]) expect(await codeOf(adjust(by, 'refused'))).toBe('FORBIDDEN');
  expect(await codeOf(adjust(operator, 'refused'))).toBe('NOT_FOUND');
  const { link } = await stage.owner.members.invite.mutate({
    account: id,
    email: 'ops@example.com',
    role: 'agency_admin',
  });
  await operator.members.acceptInvitation.mutate({ token: link.split('/').at(-1) ?? '' });
  await adjust(operator, 'corrected');

  stage.clock.ms = OCTOBER_CLOSES;
  const { invoice } = await client.invoices.closePeriod.mutate({ account: id, period: '2026-10' });
  expect(invoice.total.minor).toBe('9900');
  const credit = (by: Client) => by.invoices.credit.mutate({ account: id, invoice: invoice.id, reason: 'A fault' });
  for (const by of [client, stage.owner]) expect(await codeOf(credit(by))).toBe('FORBIDDEN');
  expect(await credit(operator)).toMatchObject({ invoice: { kind: 'credit' } });
});

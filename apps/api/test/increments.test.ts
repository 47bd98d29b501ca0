import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  amountsOf,
  type BillingStage,
  MID_OCTOBER,
  minutes,
  NOVEMBER_CLOSES,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import { type Client, refusalOf } from './support/clients.ts';
import { book, freeze, sell } from './support/rebilling.ts';

let stage: BillingStage;
beforeAll(async () => {
  const rounded = { 'call.minutes': { model: 'flat', price: '1', increments: '60/60' } } as const;
  stage = await openBilling([plan('rounded', rounded), plan('exact', minutes('0.01'))]);
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.clock.ms = MID_OCTOBER;
});

const payer = async (name: string, of: string) => {
  const made = await stage.main(name);
  stage.clock.ms = OCTOBER;
  await stage.subscribe(made.client, made.id, of);
  stage.clock.ms = MID_OCTOBER;
  return made;
};
const calls = async (client: Client, account: string, ...seconds: string[]): Promise<void> => {
  for (const one of seconds) await stage.use(client, account, one, { meter: 'call.seconds' });
};

describe('Increments (rules/money 6)', () => {
  it('round each call, and corrections as what they take back, whatever is moved or comes late (M19)', async () => {
    const { id, client } = await payer('M19', 'rounded');
    const [under, over] = [await stage.make(id, 'Under'), await stage.make(id, 'Over')];
    const account = await stage.make(under, 'Account');
    await calls(client, account, '61', '59', '120', '1');
    stage.clock.ms += 3_600_000;
    await stage.owner.accounts.move.mutate({ account, to: over });
    stage.clock.ms += 3_600_000;
    await calls(client, account, '60.5', '-60.5', '30');
    const { soFar } = await client.billing.get.query({ account: id });
    expect(soFar?.used).toMatchObject([{ quantity: '7', amount: { minor: '700' } }]);
    stage.clock.ms = OCTOBER_CLOSES;
    const { invoice } = await client.invoices.closePeriod.mutate({ account: id, period: '2026-10' });
    expect(await amountsOf(client, id, invoice.id)).toEqual({
      'fee 1': 0,
      'Account@Under': 600,
      'Account@Over': 100,
    });
    const behindOver = MID_OCTOBER + 7_200_000 - 1;
    for (const [seconds, at] of [
      ['2', MID_OCTOBER - 60_000],
      ['61', behindOver],
      ['-61', behindOver],
      ['119.000000001', behindOver],
    ] as const)
      await stage.use(client, account, seconds, { meter: 'call.seconds', at });
    stage.clock.ms = NOVEMBER_CLOSES;
    const next = await client.invoices.closePeriod.mutate({ account: id, period: '2026-11' });
    expect(next.invoice.total.minor).toBe('300');
    const { lines } = await client.invoices.get.query({ account: id, invoice: next.invoice.id });
    const late = lines.filter(({ type }) => type === 'late');
    const behind = await Promise.all(
      late.map(({ n }) => client.invoices.lateEvents.query({ account: id, invoice: next.invoice.id, line: n })),
    );
    // Each event as it is billed, so that they come to what the line says.
    const byEvents = behind.toSorted((a, b) => a.events - b.events);
    expect(byEvents.map(({ line, events, sum }) => [line.quantity, sum, events])).toEqual([
      ['1', '1', 1],
      ['2', '2', 3],
    ]);
    expect(byEvents.map(({ rows }) => rows.map(({ quantity }) => Number(quantity)).toSorted((a, b) => a - b))).toEqual([
      [1],
      [-2, 2, 2],
    ]);
  });

  it('are a book’s own for each customer, and for each part of a period that it holds', async () => {
    const { id, client } = await payer('Seller', 'exact');
    const customer = await stage.make(id, 'Customer');
    const own = book({ model: 'flat', price: '0.60', increments: '30/6' });
    await sell(client, { account: id, customer }, own);
    // 30, 30 + 6, 30 + 2 × 6: 108 seconds.
    await calls(client, customer, '29', '31', '37.000000001');
    stage.clock.ms = OCTOBER_CLOSES;
    expect((await freeze(client, id, customer)).total.minor).toBe('108');
    // Late 36 and 30 seconds back: 6 of them, which is 0.1 minutes.
    for (const one of ['31', '-1']) await stage.use(client, customer, one, { meter: 'call.seconds', at: MID_OCTOBER });
    stage.clock.ms = NOVEMBER_CLOSES;
    const { id: statement, total } = await freeze(client, id, customer, '2026-11');
    expect(total.minor).toBe('6');
    const { lines } = await client.statements.get.query({ account: id, statement });
    const line = lines.find(({ type }) => type === 'late')?.n ?? 0;
    const behind = await client.statements.lateEvents.query({ account: id, statement, line });
    expect(behind).toMatchObject({ events: 2, sum: '0.1', line: { quantity: '0.1' } });
    expect(behind.rows.map(({ quantity }) => quantity).toSorted()).toEqual(['-0.5', '0.6']);
    const wrong = book({ model: 'flat', price: '1', increments: '60' });
    const refusal = await refusalOf(client.books.save.mutate({ account: id, name: 'Wrong', terms: wrong }));
    expect(refusal).toMatchObject({ code: 'QUANTITY_INVALID', field: 'terms.meters.call.minutes.increments' });
  });
});

import { parseBillingPeriod } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { draftStatement } from '../src/billing/rebilling/freeze-statement.ts';
import {
  type BillingStage,
  MID_OCTOBER,
  minutes,
  NOVEMBER_CLOSES,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import type { Client } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { readPdf, withoutSpaces } from './support/read-pdf.ts';
import { book, freeze, freezeDue, sell } from './support/rebilling.ts';

let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling([plan('plain', minutes('0.1'))]);
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.clock.ms = MID_OCTOBER;
});

const seller = async (name: string) => {
  const made = await stage.main(name);
  stage.clock.ms = OCTOBER;
  await stage.subscribe(made.client, made.id, 'plain');
  stage.clock.ms = MID_OCTOBER;
  return made;
};

async function fileOf(client: Client, account: string, statement: string, format: 'csv' | 'pdf') {
  const { job } = await client.statements.export.mutate({ account, statement, format });
  await jobsEnded(stage.database, 60_000);
  return client.jobs.file.query({ account, job });
}

describe('A statement as a file', () => {
  it('is the same CSV for seller and customer, from the customer down, and a PDF', async () => {
    const { id, client } = await seller('Above');
    const customer = await stage.make(id, '=Formula');
    const below = await stage.make(customer, 'Deep');
    await sell(client, { account: id, customer }, book({ model: 'flat', price: '0.2' }, { monthlyFee: '5' }));
    await stage.use(client, below, '10.5');
    const buyer = (await stage.key(customer)).client;
    stage.clock.ms = OCTOBER_CLOSES;
    const { id: statement, number } = await freeze(client, id, customer);
    const csv = await fileOf(client, id, statement, 'csv');
    const lines = csv.content.trim().split('\r\n');
    expect(csv.filename).toBe(`${number}.csv`);
    expect(lines[0]).toMatch(/statementNumber,line,type,description,accountId,accountName,path/);
    expect(lines[2]).toContain(`,Deep,'=Formula,call.minutes,minute,2026-10,`);
    expect(lines[2]).toMatch(/,10\.5,2\.10,EUR$/);
    expect((await fileOf(buyer, customer, statement, 'csv')).content).toBe(csv.content);
    const pdf = await fileOf(buyer, customer, statement, 'pdf');
    const { text } = await readPdf(Buffer.from(pdf.content, 'base64'));
    expect(text).toContain(withoutSpaces('10.5 minutes, 0 included, at 0.2 a minute: €2.10'));
    expect(text).toContain(withoutSpaces('To be paid €7.10'));
  });

  it('asks nobody to pay where more is taken back than was used', async () => {
    const { id, client } = await seller('Takes back');
    const customer = await stage.make(id, 'Has back');
    await sell(client, { account: id, customer }, book({ model: 'flat', price: '0.2' }));
    await stage.use(client, customer, '100');
    stage.clock.ms = OCTOBER_CLOSES;
    await freeze(client, id, customer);
    await stage.use(client, customer, '-60', { at: MID_OCTOBER });
    stage.clock.ms = NOVEMBER_CLOSES;
    const { id: statement, total } = await freeze(client, id, customer, '2026-11');
    expect(total.minor).toBe('-1200');
    const { text } = await readPdf(Buffer.from((await fileOf(client, id, statement, 'pdf')).content, 'base64'));
    expect(text).toContain(withoutSpaces('To have back €12.00'));
    expect(text).not.toContain(withoutSpaces('To be paid'));
  });
});

describe('Freezing', () => {
  it('gives each seller numbers without gaps, whoever freezes at one time, and goes on where somebody was cut off', async () => {
    const { id, client } = await seller('Numbers');
    const customers = await Promise.all(['N1', 'N2', 'N3', 'N4'].map((name) => stage.make(id, name)));
    for (const customer of customers)
      await sell(client, { account: id, customer }, book({ model: 'flat', price: '1' }));
    stage.clock.ms = OCTOBER_CLOSES;
    const period = parseBillingPeriod('2026-10')!;
    // Written, and not numbered yet.
    const draft = await draftStatement(stage.composed.hall, {
      seller: id,
      customer: customers[0]!,
      period,
      kind: 'period',
    });
    expect((await client.statements.list.query({ account: id })).rows).toEqual([]);
    await Promise.all([
      freezeDue(stage),
      freezeDue(stage),
      ...customers.map((customer) => freeze(client, id, customer)),
    ]);
    const { rows } = await client.statements.list.query({ account: id });
    expect(rows.map(({ number }) => number).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'STM-2026-000001',
      'STM-2026-000002',
      'STM-2026-000003',
      'STM-2026-000004',
    ]);
    expect(rows.map((row) => row.id)).toContain(draft);
  });

  it('says margins only where both are in one currency', async () => {
    const { id, client } = await seller('Currencies');
    const [euros, dollars, none] = [
      await stage.make(id, 'Euros'),
      await stage.make(id, 'Dollars'),
      await stage.make(id, 'None'),
    ];
    await sell(client, { account: id, customer: euros }, book({ model: 'flat', price: '1' }));
    await sell(client, { account: id, customer: dollars }, book({ model: 'flat', price: '2' }, { currency: 'USD' }));
    for (const account of [euros, dollars, none, id]) await stage.use(client, account, '1');
    stage.clock.ms = OCTOBER_CLOSES;
    await stage.closeDue();
    await freezeDue(stage);
    const { rows, total } = await client.margins.get.query({ account: id, period: '2026-10' });
    expect(
      rows.map(({ customer, cost, revenue, margin, statement }) => [
        customer.name,
        cost?.minor,
        revenue?.currency,
        revenue?.minor,
        margin?.amount.minor,
        statement.state,
      ]),
    ).toEqual([
      ['Dollars', '10', 'USD', '200', undefined, 'frozen'],
      ['Euros', '10', 'EUR', '100', '90', 'frozen'],
      ['None', '10', undefined, undefined, undefined, 'none'],
    ]);
    expect(total).toMatchObject({ cost: { minor: '30' }, own: { minor: '10' }, margin: null, afterFee: null });
    expect(total.revenue.map(({ currency, minor }) => [currency, minor])).toEqual([
      ['USD', '200'],
      ['EUR', '100'],
    ]);
  });
});

import { DAY_MS } from '@tenantree/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BillingStage, minutes, OCTOBER, openBilling, plan } from './support/billing.ts';
import { codeOf } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';

let stage: BillingStage;
beforeAll(async () => {
  // October is closed on the second of December.
  stage = await openBilling([plan('usual', minutes('0.1'))], { config: { invoiceGraceHours: 744 } });
});
afterAll(() => stage.close());

it('A closed account is erased when every period it was used in has its invoice, which says what it was called (rules/accounts 18, rules/money 9)', async () => {
  const { id, client } = await stage.main('Payer');
  const child = await stage.make(id, 'Closed soon');
  stage.clock.ms = OCTOBER;
  await stage.subscribe(client, id, 'usual');
  stage.clock.ms = OCTOBER + 10 * DAY_MS;
  await stage.use(client, child, '12');
  await client.accounts.close.mutate({ account: child });
  const look = async (): Promise<void> => {
    await stage.composed.jobs.run();
    await jobsEnded(stage.database);
  };

  stage.clock.ms = OCTOBER + 60 * DAY_MS;
  await look();
  expect((await client.accounts.get.query({ account: child })).status).toBe('closed');

  stage.clock.ms = OCTOBER + 63 * DAY_MS;
  // Closed by this look, erased by the next one.
  await look();
  await look();
  expect(await codeOf(client.accounts.get.query({ account: child }))).toBe('NOT_FOUND');
  const { rows } = await client.invoices.list.query({ account: id });
  expect(rows.map(({ period, total }) => [period, total.minor])).toEqual([['2026-10', '120']]);

  // What came late of it has its name still.
  await stage.database.asOwner(
    `UPDATE usage_totals SET own = own + CASE WHEN account_id = $1 THEN 60 ELSE 0 END, total = total + 60, total_events = total_events + 1
     WHERE account_id IN ($1, $2)`,
    [child, id],
  );
  stage.clock.ms = OCTOBER + 93 * DAY_MS;
  await look();
  const [november] = (await client.invoices.list.query({ account: id })).rows;
  const { lines } = await client.invoices.get.query({ account: id, invoice: november!.id });
  expect(lines.map(({ type, account, amount }) => [type, account?.name, amount.minor])).toEqual([
    ['fee', undefined, '0'],
    ['late', 'Closed soon', '10'],
  ]);
});

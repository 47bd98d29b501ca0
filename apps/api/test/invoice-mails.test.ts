import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type BillingStage,
  MID_OCTOBER,
  minutes,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import { join } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { type MailServer, startMailServer } from './support/mail-server.ts';

let mails: MailServer;
let stage: BillingStage;
beforeAll(async () => {
  mails = await startMailServer();
  const smtp = { url: mails.url, from: 'hello@tree.example' };
  stage = await openBilling([plan('paid', minutes('0.079'))], { config: { smtp } });
});
afterAll(async () => {
  await stage.close();
  await mails.close();
});
beforeEach(() => {
  stage.clock.ms = MID_OCTOBER;
  mails.taken.length = 0;
});

const payer = async (name: string) => {
  const made = await stage.main(name);
  stage.clock.ms = OCTOBER;
  await stage.subscribe(made.client, made.id, 'paid');
  stage.clock.ms = MID_OCTOBER;
  await stage.use(made.client, made.id, '100.5');
  return made;
};
const mailsTo = (address: string) => mails.taken.filter(({ to }) => to.includes(address));
/** Numbers of the documents that somebody was mailed. */
const numbersTo = (address: string): string[] =>
  mailsTo(address).map(({ text }) => /^(?:Invoice|Credit note) (\S+) of/m.exec(text)?.[1] ?? '');

describe('An invoice that is issued', () => {
  it('is mailed once to each owner and admin of its payer, with a link to it and its files, and a credit note, too', async () => {
    const { id, client } = await payer('Mailed');
    await join(stage.url, stage.owner, id, 'admin-of-mailed@example.com', 'admin');
    await join(stage.url, stage.owner, id, 'viewer-of-mailed@example.com', 'viewer');
    stage.clock.ms = OCTOBER_CLOSES;
    const { invoice } = await client.invoices.closePeriod.mutate({ account: id, period: '2026-10' });
    // Again, it is the same invoice, and no news.
    await client.invoices.closePeriod.mutate({ account: id, period: '2026-10' });
    await stage.closeDue();
    await jobsEnded(stage.database);
    const addresses = [stage.email, 'admin-of-mailed@example.com'];
    for (const address of addresses) {
      const [mail, ...more] = mailsTo(address);
      expect(more).toEqual([]);
      expect(mail?.text).toContain(`/a/${id}/billing/invoices/${invoice.id}`);
      expect(mail?.text).toContain('It is for 2026-10, and comes to =E2=82=AC7.94; =E2=82=AC7.94 is to be paid.');
      expect(mail?.text).toContain('Tax not included.');
    }
    expect(mailsTo('viewer-of-mailed@example.com')).toEqual([]);
    const credit = { account: id, invoice: invoice.id, amount: '5', reason: 'A fault' };
    const { invoice: note } = await client.invoices.credit.mutate(credit);
    await jobsEnded(stage.database);
    for (const address of addresses) expect(numbersTo(address)).toEqual([invoice.number, note.number]);
  });

  it('is mailed where servers issue many by themselves, by a job each, and not where nothing was issued', async () => {
    const payers = [await payer('First'), await payer('Second')];
    stage.clock.ms = OCTOBER_CLOSES;
    for (const { id } of payers) await stage.draft(id, '2026-10');
    await jobsEnded(stage.database);
    expect(mails.taken).toEqual([]);
    await Promise.all([stage.closeDue(), stage.closeDue()]);
    await jobsEnded(stage.database);
    expect(new Set(numbersTo(stage.email)).size).toBe(payers.length);
    expect(mails.taken).toHaveLength(payers.length);
    for (const { id, client } of payers) {
      const { rows } = await client.jobs.list.query({ account: id, limit: 50 });
      expect(rows).toMatchObject([{ kind: 'invoices.mail', state: 'succeeded', total: 1, done: 1 }]);
    }
  });
});

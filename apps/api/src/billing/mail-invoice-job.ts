import { findInvoice, readAlertAddress } from '@tenantree/db';
import { formatAmount, isId, quoted, type RetryPolicy, type RowId, type UserId } from '@tenantree/domain';
import { z } from 'zod';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { type Letter, mailOf } from '../mail/letter.ts';
import { readTerms } from './invoice-terms.ts';
import { shownInvoice } from './read-invoices.ts';
import { moneyOf } from './shown-plan.ts';

/** A mail server that is away for a night gets them in the morning. */
const PATIENT: RetryPolicy = { attempts: 8, firstMs: 5_000, factor: 4 };
const LOCALE = 'en-GB';

const idOf = <Id extends string>() => z.custom<Id>((value) => typeof value === 'string' && isId(value));
/** As `mail_issued` writes it. */
const payload = z.strictObject({ invoice: idOf<RowId>(), user: idOf<UserId>() });

/**
 * Tells an owner or admin of a payer that an invoice or credit note is there (rules/money 26), with a link to it. The database asks for it where
 * it is issued. A server that ends between the sending and its mark sends again, under the same key.
 */
export const mailInvoiceJob = defineJob({
  name: 'invoices.mail',
  label: 'Mail an invoice',
  procedure: 'invoices.get',
  payload,
  retry: PATIENT,
  run: (item) => mailInvoice(item),
});

async function mailInvoice({
  hall,
  job: { account },
  payload: { invoice: id, user },
  done,
}: JobItem<z.infer<typeof payload>>): Promise<ItemOutcome> {
  const { to, invoice } = await hall.db.withTenant(account, async (trx) => ({
    to: await readAlertAddress(trx, account, { user, member: account }),
    invoice: await findInvoice(trx, account, id),
  }));
  if (to === null || !invoice?.issued) return { skipped: 'It is not for them any more.' };
  const url = `${hall.settings.publicUrl}/a/${account}/billing/invoices/${id}`;
  await hall.sendMail(mailOf({ to, key: `${id}.${user}`, ...letterAbout(invoice, url) }));
  await hall.db.withTenant(account, (trx) => done(trx));
  return 'done';
}

function letterAbout(invoice: Parameters<typeof shownInvoice>[0], url: string): Pick<Letter, 'subject' | 'says'> {
  const { number, kind, period, total, due, issuedAt } = shownInvoice(invoice);
  const { account, tax } = readTerms(invoice.terms);
  const what = kind === 'credit' ? 'Credit note' : 'Invoice';
  const said = (money: typeof total): string => formatAmount(moneyOf(money), LOCALE);
  const about =
    kind === 'credit'
      ? `${said(total)} is in credit, and is taken off the next invoice.`
      : `It is for ${period}, and comes to ${said(total)}; ${said(due)} is to be paid.`;
  return {
    subject: `${what} ${number} of ${quoted(account)}`,
    says: [
      `${what} ${number} of ${quoted(account)} was issued on ${issuedAt?.slice(0, 10)}. ${about}`,
      ...(tax === null ? [] : [`${tax}.`]),
      { label: 'See it, with every line, as CSV and as PDF', url },
      'You are told because you are an owner or admin there.',
    ],
  };
}

import type { ShownInvoice } from '@tenantree/contract';
import {
  findInvoice,
  type LinesOf,
  type NewLine,
  readCredited,
  readLines,
  type StoredInvoice,
  type StoredLine,
  type TenantTransaction,
  takeTurnInBilling,
} from '@tenantree/db';
import { type AccountId, decideCredit, parseAmount, type RowId } from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { issue } from './close-period.ts';
import { OF_NO_PLAN, writeCreditNote } from './draft-invoice.ts';
import { readTerms } from './invoice-terms.ts';
import { findIssued, shownInvoice } from './read-invoices.ts';

const LINES_AT_ONCE = 5_000;

/** What is to be credited of an invoice, in major units; undefined: all that is left. */
export type Credit = { readonly amount?: string | undefined; readonly reason: string };

/** An issued invoice with all its lines. Neither ever changes. */
export type ToCredit = { readonly invoice: StoredInvoice; readonly lines: readonly StoredLine[] };

/** Reads what is to be credited: there may be a hundred thousand lines, and so it is done before the change. @throws Refused NOT_FOUND */
export async function readToCredit(trx: TenantTransaction, account: AccountId, id: RowId): Promise<ToCredit> {
  const invoice = await findIssued(trx, account, id);
  if (invoice.kind === 'credit') return refuseWith('BAD_REQUEST', 'This is a credit note itself.', 'invoice');
  return { invoice, lines: await allLines(trx, { table: 'invoice_lines', account, document: id }) };
}

/**
 * Credits some of an invoice by a credit note, inside a change of the payer (rules/money 13).
 *
 * @throws Refused PRICE_INVALID, CREDIT_TOO_HIGH
 */
export async function creditInvoice(
  hall: Hall,
  change: Change,
  account: AccountId,
  { invoice, lines }: ToCredit,
  { amount, reason }: Credit,
): Promise<ShownInvoice> {
  const { trx } = change;
  const { id, currency } = invoice;
  await takeTurnInBilling(trx);
  const credited = await readCredited(trx, account, id);
  const open = lines.map((line) => ({
    id: orderOf(line),
    amount: line.amount,
    credited: -(credited.get(line.n) ?? 0n),
  }));
  const left = open.reduce((sum, one) => sum + one.amount - one.credited, 0n);
  const minor = amount === undefined ? left : granted(parseAmount(amount, currency, 'amount'));
  const parts = granted(decideCredit(open, { currency, minor }));
  const mirrored = lines.flatMap((line, n): NewLine[] => {
    const part = parts[n] ?? 0n;
    return part === 0n ? [] : [{ ...mirrorOf(line), amount: part }];
  });
  const terms = readTerms(invoice.terms);
  const note = { period: invoice.period, currency, draftedAt: change.now, credits: id };
  const creditNote = await writeCreditNote(
    hall,
    trx,
    account,
    { ...note, terms: { ...terms, ...OF_NO_PLAN, reason } },
    mirrored,
  );
  await issue(change, account, { invoice: creditNote, creditNote: null });
  const written = await findInvoice(trx, account, creditNote);
  if (!written) throw new Error('what was written is there');
  return shownInvoice(written);
}

async function allLines(trx: TenantTransaction, of: LinesOf): Promise<StoredLine[]> {
  const lines: StoredLine[] = [];
  for (;;) {
    const page = await readLines(trx, of, { after: lines.at(-1)?.n ?? 0, limit: LINES_AT_ONCE });
    lines.push(...page);
    if (page.length < LINES_AT_ONCE) return lines;
  }
}

/** What orders lines that are equal otherwise: the account, then the line. */
const orderOf = ({ account, n }: StoredLine): string => `${account?.id ?? ''} ${String(n).padStart(10, '0')}`;

/** What a line that is taken back says, but for quantities: those stay billed, and are not billed again. */
const mirrorOf = ({ n, account, meter, ofPeriod, from, to }: StoredLine): Omit<NewLine, 'amount'> => ({
  type: 'credit',
  ofLine: n,
  ...(account && {
    account: {
      id: account.id,
      name: account.name,
      above: account.above,
      place: account.place.map((id) => id.replaceAll('-', '')).join(''),
    },
  }),
  ...(meter && { meter }),
  ...(ofPeriod && { ofPeriod }),
  ...(from && { from }),
  ...(to && { to }),
});

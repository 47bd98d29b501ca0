import type { DetailedInvoice, DocumentLine, ShownInvoice } from '@tenantree/contract';
import {
  findInvoice,
  readCredited,
  readLines,
  readPlan,
  type StoredInvoice,
  type StoredLine,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  billingPeriodOf,
  type Currency,
  type Decimal,
  formatPercent,
  quoted,
  type RowId,
} from '@tenantree/domain';
import { refuseWith } from '../hall/refused.ts';
import { readTerms, type Terms } from './invoice-terms.ts';
import { inUnitOf, planOf, shownMeter, shownMoney, shownPriced } from './shown-plan.ts';

/** An invoice as lists show it. */
export function shownInvoice(invoice: StoredInvoice): ShownInvoice {
  const { currency, total, applied } = invoice;
  return {
    id: invoice.id,
    number: invoice.issued?.number ?? null,
    issuedAt: invoice.issued?.at ?? null,
    kind: invoice.kind,
    period: billingPeriodOf(invoice.period).key,
    total: shownMoney(currency, total),
    applied: shownMoney(currency, applied),
    due: shownMoney(currency, invoice.kind === 'credit' ? 0n : total - applied),
    lines: invoice.lines,
    credits: invoice.credits,
  };
}

/** Finds an issued invoice of the acting account. @throws Refused NOT_FOUND */
export async function findIssued(trx: TenantTransaction, account: AccountId, id: RowId): Promise<StoredInvoice> {
  const found = await findInvoice(trx, account, id);
  return found?.issued ? found : refuseWith('NOT_FOUND', 'There is no such invoice.', 'invoice');
}

/** An invoice with all that is said of it. */
export async function detailedInvoice(
  trx: TenantTransaction,
  account: AccountId,
  invoice: StoredInvoice,
): Promise<DetailedInvoice> {
  const terms = readTerms(invoice.terms);
  const { currency, credits } = invoice;
  const credited = [...(await readCredited(trx, account, invoice.id)).values()].reduce((sum, one) => sum - one, 0n);
  return {
    ...shownInvoice(invoice),
    seller: terms.seller,
    buyer: terms.buyer,
    plan: terms.plan,
    used: await readUsed(trx, currency, terms),
    creditsNumber: credits === null ? null : ((await findInvoice(trx, account, credits))?.issued?.number ?? null),
    taxes: terms.taxes.map(({ category, rate, base, amount }) => ({
      category,
      rate: formatPercent(rate),
      base: shownMoney(currency, base),
      amount: shownMoney(currency, amount),
    })),
    tax: terms.tax,
    howToPay: terms.howToPay,
    reason: terms.reason,
    credited: shownMoney(currency, credited),
  };
}

/** Of each meter what was rated, and by which prices: those of its plan, whose versions don’t change. */
async function readUsed(
  trx: TenantTransaction,
  currency: Currency,
  { plan, used }: Terms,
): Promise<DetailedInvoice['used'][number][]> {
  if (plan === null) return [];
  const { rates } = planOf(await readPlan(trx, plan));
  return used.map(({ meter, quantity, included, amount }) => {
    const priced = rates.find((one) => one.meter === meter);
    if (!priced) throw new Error(`the plan has a price for ${meter}`);
    return {
      ...shownMeter(meter),
      quantity: inUnitOf(meter, quantity),
      included: included as Decimal,
      ...shownPriced(priced),
      amount: shownMoney(currency, amount),
    };
  });
}

/** A page of lines as people see them. */
export const linesOf = async (
  trx: TenantTransaction,
  account: AccountId,
  invoice: StoredInvoice,
  page: { readonly after: number; readonly limit: number },
): Promise<DocumentLine[]> => {
  const lines = await readLines(trx, { table: 'invoice_lines', account, document: invoice.id }, page);
  return lines.map((line) => shownLine(invoice.currency, line));
};

/** A line of an invoice or statement as people see it. */
export function shownLine(currency: Currency, line: StoredLine): DocumentLine {
  const { n, type, account, meter, ofPeriod, quantity, from, to, amount } = line;
  return {
    n,
    type,
    says: wordsOf(line),
    account: account && { id: account.id, name: account.name, above: account.above },
    meter,
    unit: meter && shownMeter(meter).unit,
    ofPeriod: ofPeriod && billingPeriodOf(ofPeriod).key,
    quantity: meter && quantity !== null ? inUnitOf(meter, quantity) : null,
    from,
    to,
    amount: shownMoney(currency, amount),
  };
}

/** What a line is for, in words. */
export function wordsOf({ type, account, meter, ofPeriod, from, to, ofLine }: StoredLine): string {
  const period = ofPeriod === null ? '' : billingPeriodOf(ofPeriod).key;
  const who = account ? ` of ${quoted(account.name ?? account.id)}` : '';
  const what = meter ? shownMeter(meter).label : '';
  switch (type) {
    case 'fee':
      return from !== null && to !== null ? `Monthly fee, ${from.slice(0, 10)} to ${lastDay(to)}` : 'Monthly fee';
    case 'usage':
      return `${what}${who}`;
    case 'late':
      return `Late usage of ${period}: ${what}${who}`;
    case 'credit':
      if (ofLine === null) return 'To the balance';
      // Of what is taken back only a fee has days.
      return [`Credit of line ${ofLine}`, from === null ? `${what}${who}` : 'Monthly fee'].filter(Boolean).join(': ');
    case 'tax':
      return 'Tax';
  }
}

/** The day on which something ends that ends before an instant. */
const lastDay = (end: string): string => new Date(Date.parse(end) - 1).toISOString().slice(0, 10);

import { type StoredInvoice, sumLines, type TenantTransaction } from '@tenantree/db';
import { type AccountId, billingPeriodOf, quoted } from '@tenantree/domain';
import type { DrawnLine } from './draw-invoice.ts';
import { inUnitOf, linesOf } from './read-invoices.ts';
import { shownMeter } from './shown-plan.ts';

/** Lines that a PDF has: of an invoice with more, it has those of each account directly below the payer as one. */
const MOST_LINES = 500;

/** What a PDF says of an invoice, a row each. */
export async function linesToDraw(
  trx: TenantTransaction,
  account: AccountId,
  invoice: StoredInvoice,
): Promise<DrawnLine[]> {
  const { currency } = invoice;
  if (invoice.lines > MOST_LINES) return summed(trx, account, invoice);
  const lines = await linesOf(trx, account, invoice, { after: 0, limit: MOST_LINES });
  return lines.map(({ says, account: of, quantity, unit, amount }) => ({
    says,
    path: of ? of.above.map((name) => name ?? '…').join(' / ') : '',
    quantity: quantity === null || unit === null ? null : { amount: quantity, unit },
    amount: { currency, minor: BigInt(amount.minor) },
  }));
}

async function summed(trx: TenantTransaction, account: AccountId, invoice: StoredInvoice): Promise<DrawnLine[]> {
  const { currency } = invoice;
  const sums = await sumLines(trx, { table: 'invoice_lines', account, document: invoice.id }, account);
  return sums.map(({ type, meter, ofPeriod, name, quantity, amount, lines }) => ({
    says: [
      WORDS[type],
      type === 'late' && ofPeriod ? `of ${billingPeriodOf(ofPeriod).key}` : '',
      meter ? shownMeter(meter).label : '',
    ]
      .filter(Boolean)
      .join(' '),
    path: meter ? `${name === null ? 'Own' : quoted(name)}, ${lines === 1 ? '1 line' : `${lines} lines`}` : '',
    quantity: meter && quantity !== null ? { amount: inUnitOf(meter, quantity), unit: shownMeter(meter).unit } : null,
    amount: { currency, minor: amount },
  }));
}

const WORDS = { fee: 'Monthly fee', usage: '', late: 'Late usage', credit: 'Credit', tax: 'Tax' } as const;

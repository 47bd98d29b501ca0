import type { DetailedInvoice } from '@tenantree/contract';
import { parseBillingPeriod } from '@tenantree/domain';
import { countryWords, periodWords, ROUNDED, ratedWords, summedWords, taxWords } from './document-words.ts';
import { type DrawnDocument, type DrawnLine, drawDocument } from './draw-document.ts';
import { documentExport } from './export-document.ts';
import { detailedInvoice, findIssued, linesOf } from './read-invoices.ts';
import { moneyOf } from './shown-plan.ts';

/** Writes an invoice into a file. */
export const invoiceExport = documentExport({
  name: 'invoices.export',
  label: 'Invoice as a file',
  procedure: 'invoices.export',
  column: 'invoiceNumber',
  find: async (trx, account, id) => {
    const stored = await findIssued(trx, account, id);
    const invoice = await detailedInvoice(trx, account, stored);
    return {
      number: invoice.number ?? '',
      lines: stored.lines,
      currency: stored.currency,
      payer: account,
      of: { table: 'invoice_lines', account, document: stored.id },
      read: (page) => linesOf(trx, account, stored, page),
      draw: (lines) => drawDocument(invoiceDocument(invoice, lines)),
    };
  },
});

/** What is drawn of an invoice or credit note. @param lines those of its table, as many as are to be drawn */
export function invoiceDocument(invoice: DetailedInvoice, lines: readonly DrawnLine[]): DrawnDocument {
  const { number, issuedAt, kind, plan, creditsNumber, reason, seller, buyer, used, taxes } = invoice;
  const isCredit = kind === 'credit';
  const period = parseBillingPeriod(invoice.period);
  return {
    title: isCredit ? 'Credit note' : 'Invoice',
    number: number ?? '',
    at: issuedAt,
    facts: [
      ['Period', period ? periodWords(period) : invoice.period],
      ...(plan ? [['Plan', `${plan.name} (version ${plan.version})`] as const] : []),
      ...(creditsNumber === null ? [] : [['Credits', `Invoice ${creditsNumber}`] as const]),
      ...(reason === null ? [] : [['Reason', reason] as const]),
    ],
    parties: [
      { ...buyer, heading: isCredit ? 'Credited to' : 'Billed to', country: countryWords(buyer.country) },
      ...(seller ? [{ ...seller, heading: 'From', country: countryWords(seller.country) }] : []),
    ],
    worked: [
      ...used.map((one) => [one.label, `${ratedWords(one)}, shared out by quantity`] as const),
      ...taxes.map((one) => ['Tax', taxWords(one)] as const),
    ],
    lines,
    sums: sumsOf(invoice),
    pay: invoice.due.minor === '0' ? null : invoice.howToPay,
    notes: [
      ...summedWords(lines.length, invoice.lines),
      ...(invoice.tax === null ? [] : [`${invoice.tax}.`]),
      isCredit
        ? 'What is credited is shared out by what is left of each line. It is in credit, and is taken off the next invoice first.'
        : ROUNDED,
    ],
  };
}

function sumsOf({ kind, total, applied, due }: DetailedInvoice): DrawnDocument['sums'] {
  if (kind === 'credit') {
    const { currency, minor } = moneyOf(total);
    return [
      ['Total', { currency, minor }],
      ['To the balance', { currency, minor: -minor }],
    ];
  }
  const balance = moneyOf(applied);
  return [
    ['Total', moneyOf(total)],
    ...(balance.minor === 0n ? [] : [['From the balance', { ...balance, minor: -balance.minor }] as const]),
    ['To be paid', moneyOf(due)],
  ];
}

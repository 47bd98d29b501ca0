import { drawInvoice } from './draw-invoice.ts';
import { documentExport } from './export-document.ts';
import { detailedInvoice, findIssued, linesOf } from './read-invoices.ts';

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
      draw: (lines) => drawInvoice(invoice, lines),
    };
  },
});

import { type RowId, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { writePart } from '../jobs/job-files.ts';
import { documentCsv, linesToDraw } from './document-lines.ts';
import { drawInvoice } from './draw-invoice.ts';
import { detailedInvoice, findIssued, linesOf } from './read-invoices.ts';

const payload = z.object({
  invoice: z.string().transform((id) => id as RowId),
  format: z.enum(['csv', 'pdf']),
});
type Payload = z.infer<typeof payload>;

/** Writes an invoice into a file of the job. */
export const exportInvoiceJob = defineJob({
  name: 'invoices.export',
  label: 'Invoice as a file',
  procedure: 'invoices.export',
  payload,
  retry: USUAL_RETRY,
  run: (item) => exportInto(item),
});

async function exportInto(item: JobItem<Payload>): Promise<ItemOutcome> {
  const { hall, job, payload: asked, done } = item;
  const now = nowOf(hall);
  const { account } = job;
  const { invoice, parts, lines } = await hall.db.withTenant(
    account,
    async (trx) => {
      const stored = await findIssued(trx, account, asked.invoice);
      const { currency, lines: count } = stored;
      const invoice = await detailedInvoice(trx, account, stored);
      const isCsv = asked.format === 'csv';
      const of = { table: 'invoice_lines', account, document: stored.id } as const;
      const read = (page: Parameters<typeof linesOf>[3]) => linesOf(trx, account, stored, page);
      return {
        invoice,
        parts: isCsv ? await documentCsv({ column: 'invoiceNumber', number: invoice.number }, read) : [],
        lines: isCsv ? [] : await linesToDraw(trx, of, { lines: count, currency, payer: account }, read),
      };
    },
    { snapshot: true },
  );
  // Drawing takes seconds: no transaction waits for it.
  const contents = asked.format === 'csv' ? parts : [(await drawInvoice(invoice, lines)).toString('base64')];
  const filename = `${invoice.number}.${asked.format}`;
  await hall.db.withTenant(account, async (trx) => {
    for (const [part, content] of contents.entries())
      await writePart(item, trx, { filename, usage: 'no usage' }, { part, type: asked.format, content, now });
    await done(trx, { filename, lines: invoice.lines });
  });
  return 'done';
}

/** Asks for a file of an invoice. @throws Refused NOT_FOUND */
export async function exportInvoice(
  hall: Hall,
  { actor, user, key, requestId, reached }: Caller,
  { id, root }: Access,
  asked: { readonly invoice: RowId; readonly format: 'csv' | 'pdf' },
): Promise<RowId> {
  const by = { actor, user, key, requestId };
  return hall.change({ ...by, ...(reached && { reached }) }, { root, acting: id }, async (change) => {
    await findIssued(change.trx, id, asked.invoice);
    const job = await enqueue(hall, change, exportInvoiceJob, { by, account: id, items: [{ payload: asked }] });
    if (job === null) throw new Error('an invoice is one thing to do');
    return job;
  });
}

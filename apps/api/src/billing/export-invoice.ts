import type { DetailedInvoice, InvoiceLine } from '@tenantree/contract';
import type { StoredInvoice, TenantTransaction } from '@tenantree/db';
import {
  amountText,
  type CsvColumn,
  csvHeader,
  csvLines,
  type Money,
  type RowId,
  USUAL_RETRY,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { writePart } from '../jobs/job-files.ts';
import { drawInvoice } from './draw-invoice.ts';
import { linesToDraw } from './lines-to-draw.ts';
import { detailedInvoice, findIssued, linesOf } from './read-invoices.ts';

/** Lines in one part of a CSV file. */
const PART_LINES = 1_000;

const payload = z.object({
  invoice: z.string().transform((id) => id as RowId),
  format: z.enum(['csv', 'pdf']),
});
type Payload = z.infer<typeof payload>;

/** What a file says of a line of an invoice or statement. */
export const LINE_COLUMNS: readonly CsvColumn<InvoiceLine>[] = [
  { name: 'line', kind: 'number', of: ({ n }) => String(n) },
  { name: 'type', kind: 'text', of: ({ type }) => type },
  { name: 'description', kind: 'text', of: ({ says }) => says },
  { name: 'accountId', kind: 'text', of: ({ account }) => account?.id ?? null },
  { name: 'accountName', kind: 'text', of: ({ account }) => account?.name ?? null },
  { name: 'path', kind: 'text', of: ({ account }) => account && account.above.map((name) => name ?? '…').join(' / ') },
  { name: 'meter', kind: 'text', of: ({ meter }) => meter },
  { name: 'unit', kind: 'text', of: ({ unit }) => unit },
  { name: 'period', kind: 'text', of: ({ ofPeriod }) => ofPeriod },
  { name: 'from', kind: 'instant', of: ({ from }) => from },
  { name: 'to', kind: 'instant', of: ({ to }) => to },
  { name: 'quantity', kind: 'number', of: ({ quantity }) => quantity },
  { name: 'amount', kind: 'number', of: ({ amount }) => majorOf(amount) },
  { name: 'currency', kind: 'text', of: ({ amount }) => amount.currency },
];

const COLUMNS: readonly CsvColumn<InvoiceLine & { readonly invoice: DetailedInvoice }>[] = [
  { name: 'invoiceNumber', kind: 'text', of: ({ invoice }) => invoice.number },
  ...LINE_COLUMNS,
];

type Sent = InvoiceLine['amount'];
export const moneyOf = ({ currency: code, exponent, minor }: Sent): Money => ({
  currency: { code, exponent },
  minor: BigInt(minor),
});
const majorOf = (sent: Sent): string => amountText(moneyOf(sent));

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
  const { invoice, parts } = await hall.db.withTenant(
    job.account,
    async (trx) => {
      const stored = await findIssued(trx, job.account, asked.invoice);
      const invoice = await detailedInvoice(trx, job.account, stored);
      return { invoice, parts: asked.format === 'csv' ? await csvParts(trx, item, stored, invoice) : [] };
    },
    { snapshot: true },
  );
  // Drawing takes seconds: no transaction waits for it.
  const contents = asked.format === 'csv' ? parts : [await drawn(item, invoice)];
  const filename = `${invoice.number}.${asked.format}`;
  await hall.db.withTenant(job.account, async (trx) => {
    for (const [part, content] of contents.entries())
      await writePart(item, trx, { filename, usage: 'no usage' }, { part, type: asked.format, content, now });
    await done(trx, { filename, lines: invoice.lines });
  });
  return 'done';
}

async function csvParts(
  trx: TenantTransaction,
  { job }: JobItem<Payload>,
  stored: StoredInvoice,
  invoice: DetailedInvoice,
): Promise<string[]> {
  const parts: string[] = [];
  for (let after = 0; ; after += PART_LINES) {
    const lines = await linesOf(trx, job.account, stored, { after, limit: PART_LINES });
    if (lines.length > 0 || after === 0)
      parts.push(
        (after === 0 ? csvHeader(COLUMNS) : '') +
          csvLines(
            COLUMNS,
            lines.map((line) => ({ ...line, invoice })),
          ),
      );
    if (lines.length < PART_LINES) return parts;
  }
}

async function drawn({ hall, job, payload: asked }: JobItem<Payload>, invoice: DetailedInvoice): Promise<string> {
  const lines = await hall.db.withTenant(
    job.account,
    async (trx) => {
      const stored = await findIssued(trx, job.account, asked.invoice);
      return linesToDraw(trx, job.account, stored);
    },
    { snapshot: true },
  );
  return (await drawInvoice(invoice, lines)).toString('base64');
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

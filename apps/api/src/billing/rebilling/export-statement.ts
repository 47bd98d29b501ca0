import type { DetailedInvoice, ShownStatement, StatementLine } from '@tenantree/contract';
import { findStatement, type StoredStatement, sumLines, type TenantTransaction } from '@tenantree/db';
import {
  billingPeriodOf,
  type CsvColumn,
  csvHeader,
  csvLines,
  quoted,
  type RowId,
  USUAL_RETRY,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../../hall/hall.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { writePart } from '../../jobs/job-files.ts';
import { type DrawnLine, drawInvoice } from '../draw-invoice.ts';
import { LINE_COLUMNS, moneyOf } from '../export-invoice.ts';
import { inUnitOf } from '../read-invoices.ts';
import { shownMeter, shownMoney } from '../shown-plan.ts';
import { frozen, statementLines } from './read-statements.ts';
import { readStatementTerms } from './statement-terms.ts';

/** Lines in one part of a CSV file; and most that are drawn: of more, those of each account directly below the customer are one. */
const PART_LINES = 1_000;
const MOST_DRAWN = 500;

const payload = z.object({
  statement: z.string().transform((id) => id as RowId),
  format: z.enum(['csv', 'pdf']),
});
type Payload = z.infer<typeof payload>;

const COLUMNS: readonly CsvColumn<StatementLine & { readonly number: string }>[] = [
  { name: 'statementNumber', kind: 'text', of: ({ number }) => number },
  ...LINE_COLUMNS,
];

/** Writes a statement into a file of the job. */
export const exportStatementJob = defineJob({
  name: 'statements.export',
  label: 'Statement as a file',
  procedure: 'statements.export',
  payload,
  retry: USUAL_RETRY,
  run: (item) => exportInto(item),
});

async function exportInto(item: JobItem<Payload>): Promise<ItemOutcome> {
  const { hall, job, payload: asked, done } = item;
  const now = nowOf(hall);
  const { statement, number, parts, lines } = await hall.db.withTenant(
    job.account,
    async (trx) => {
      const statement = frozen(await findStatement(trx, asked.statement));
      const number = statement.frozen?.number ?? '';
      const isCsv = asked.format === 'csv';
      return {
        statement,
        number,
        parts: isCsv ? await csvParts(trx, statement, number) : [],
        lines: isCsv ? [] : await linesToDraw(trx, statement),
      };
    },
    { snapshot: true },
  );
  // Drawing takes seconds: no transaction waits for it.
  const contents = asked.format === 'csv' ? parts : [await drawn(statement, number, lines)];
  const filename = `${number}.${asked.format}`;
  await hall.db.withTenant(job.account, async (trx) => {
    for (const [part, content] of contents.entries())
      await writePart(item, trx, { filename, usage: 'no usage' }, { part, type: asked.format, content, now });
    await done(trx, { filename, lines: statement.lines });
  });
  return 'done';
}

async function csvParts(trx: TenantTransaction, statement: StoredStatement, number: string): Promise<string[]> {
  const parts: string[] = [];
  for (let after = 0; ; after += PART_LINES) {
    const lines = await statementLines(trx, statement, { after, limit: PART_LINES });
    const text = csvLines(
      COLUMNS,
      lines.map((line) => ({ ...line, number })),
    );
    if (lines.length > 0 || after === 0) parts.push((after === 0 ? csvHeader(COLUMNS) : '') + text);
    if (lines.length < PART_LINES) return parts;
  }
}

async function linesToDraw(trx: TenantTransaction, statement: StoredStatement): Promise<DrawnLine[]> {
  if (statement.lines <= MOST_DRAWN) {
    const lines = await statementLines(trx, statement, { after: 0, limit: MOST_DRAWN });
    return lines.map(({ says, account, quantity, unit, amount }) => ({
      says,
      path: account ? account.above.map((name) => name ?? '…').join(' / ') : '',
      quantity: quantity !== null && unit !== null ? { amount: quantity, unit } : null,
      amount: moneyOf(amount),
    }));
  }
  const { seller, id, customer } = statement;
  const summed = await sumLines(trx, { table: 'statement_lines', account: seller, document: id }, customer);
  return summed.map(({ type, meter, ofPeriod, quantity, amount, name, lines }) => {
    const what = meter ? shownMeter(meter) : null;
    const who = name === null ? '' : ` of ${quoted(name)}`;
    const late = type === 'late' && ofPeriod !== null ? `Late usage of ${billingPeriodOf(ofPeriod).key}: ` : '';
    return {
      says: what ? `${late}${what.label}${who} (${lines} lines)` : 'Monthly fee',
      path: '',
      quantity: meter && what && quantity !== null ? { amount: inUnitOf(meter, quantity), unit: what.unit } : null,
      amount: { currency: statement.currency, minor: amount },
    };
  });
}

async function drawn(statement: StoredStatement, number: string, lines: readonly DrawnLine[]): Promise<string> {
  const { currency, total, customer, customerName, frozen: is, period, id } = statement;
  const nobody = { country: null, address: [], taxId: null };
  const shown: DetailedInvoice = {
    id,
    number,
    issuedAt: is?.at ?? null,
    kind: 'period',
    period: billingPeriodOf(period).key,
    total: shownMoney(currency, total),
    applied: shownMoney(currency, 0n),
    due: shownMoney(currency, total),
    lines: statement.lines,
    credits: null,
    seller: { ...nobody, name: readStatementTerms(statement.terms).seller },
    buyer: { ...nobody, name: customerName ?? customer },
    plan: null,
    used: [],
    tax: null,
    reason: null,
    credited: shownMoney(currency, 0n),
  };
  return (await drawInvoice(shown, lines, 'Statement')).toString('base64');
}

/** Asks for a file of a statement. @throws Refused NOT_FOUND */
export async function exportStatement(
  hall: Hall,
  { actor, user, key, requestId, reached }: Caller,
  { id, root }: Access,
  asked: { readonly statement: ShownStatement['id']; readonly format: 'csv' | 'pdf' },
): Promise<RowId> {
  const by = { actor, user, key, requestId };
  return hall.change({ ...by, ...(reached && { reached }) }, { root, acting: id }, async (change) => {
    frozen(await findStatement(change.trx, asked.statement));
    const job = await enqueue(hall, change, exportStatementJob, { by, account: id, items: [{ payload: asked }] });
    if (job === null) throw new Error('a statement is one thing to do');
    return job;
  });
}

import type { DetailedInvoice, ShownStatement } from '@tenantree/contract';
import { findStatement, type StoredStatement } from '@tenantree/db';
import { billingPeriodOf, type RowId, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../../hall/hall.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { writePart } from '../../jobs/job-files.ts';
import { documentCsv, linesToDraw } from '../document-lines.ts';
import { type DrawnLine, drawInvoice } from '../draw-invoice.ts';
import { shownMoney } from '../shown-plan.ts';
import { frozen, statementLines } from './read-statements.ts';
import { readStatementTerms } from './statement-terms.ts';

const payload = z.object({
  statement: z.string().transform((id) => id as RowId),
  format: z.enum(['csv', 'pdf']),
});
type Payload = z.infer<typeof payload>;

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
      const of = { table: 'statement_lines', account: statement.seller, document: statement.id } as const;
      const read = (page: Parameters<typeof statementLines>[2]) => statementLines(trx, statement, page);
      return {
        statement,
        number,
        parts: isCsv ? await documentCsv({ column: 'statementNumber', number }, read) : [],
        lines: isCsv ? [] : await linesToDraw(trx, of, { ...statement, payer: statement.customer }, read),
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

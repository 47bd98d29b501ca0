import type { ProcedurePath } from '@tenantree/contract';
import type { LinesOf, TenantTransaction } from '@tenantree/db';
import { type AccountId, type Currency, type RowId, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { defineJob, type ItemOutcome, type Job, type JobItem } from '../jobs/define-job.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { writePart } from '../jobs/job-files.ts';
import { documentCsv, linesToDraw, type ReadLines } from './document-lines.ts';
import type { DrawnLine } from './draw-document.ts';

const payload = z.object({
  document: z.string().transform((id) => id as RowId),
  format: z.enum(['csv', 'pdf']),
});
type Payload = z.infer<typeof payload>;

/** An invoice or statement that goes into a file. */
type ToExport = {
  readonly number: string;
  readonly lines: number;
  readonly currency: Currency;
  /** The account that lines are summed up below, where a PDF would have too many. */
  readonly payer: AccountId;
  readonly of: LinesOf;
  readonly read: ReadLines;
  readonly draw: (lines: readonly DrawnLine[]) => Promise<Buffer>;
};

/** A kind of document that can be had as a file. */
type Kind = {
  readonly name: string;
  readonly label: string;
  readonly procedure: ProcedurePath;
  /** How its number is called in a CSV. */
  readonly column: Parameters<typeof documentCsv>[0]['column'];
  /** @throws Refused NOT_FOUND */
  readonly find: (trx: TenantTransaction, account: AccountId, id: RowId) => Promise<ToExport>;
};

/** How documents of a kind are written into files: the job that does it, and the way to ask for one. */
export type DocumentExport = {
  readonly job: Job<Payload>;
  /** @throws Refused NOT_FOUND */
  readonly ask: (hall: Hall, caller: Caller, access: Access, asked: Payload) => Promise<RowId>;
};

/** Declares how documents of a kind are written into files. */
export function documentExport(kind: Kind): DocumentExport {
  const { name, label, procedure } = kind;
  const run = (item: JobItem<Payload>) => exportInto(item, kind);
  const job = defineJob({ name, label, procedure, payload, retry: USUAL_RETRY, run });
  return {
    job,
    ask: (hall, { actor, user, key, requestId, reached }, { id, root }, asked) => {
      const by = { actor, user, key, requestId };
      return hall.change({ ...by, ...(reached && { reached }) }, { root, acting: id }, async (change) => {
        const { number: subject } = await kind.find(change.trx, id, asked.document);
        const row = await enqueue(hall, change, job, { by, account: id, items: [{ payload: asked }], subject });
        if (row === null) throw new Error('a document is one thing to do');
        return row;
      });
    },
  };
}

async function exportInto(item: JobItem<Payload>, { find, column }: Kind): Promise<ItemOutcome> {
  const { hall, job, payload: asked, done } = item;
  const { account } = job;
  const now = nowOf(hall);
  const { found, parts, drawn } = await hall.db.withTenant(
    account,
    async (trx) => {
      const found = await find(trx, account, asked.document);
      const { number, of, read } = found;
      return asked.format === 'csv'
        ? { found, parts: await documentCsv({ column, number }, read), drawn: [] }
        : { found, parts: [], drawn: await linesToDraw(trx, of, found, read) };
    },
    { snapshot: true },
  );
  // Drawing takes seconds: no transaction waits for it.
  const contents = asked.format === 'csv' ? parts : [(await found.draw(drawn)).toString('base64')];
  const filename = `${found.number}.${asked.format}`;
  await hall.db.withTenant(account, async (trx) => {
    for (const [part, content] of contents.entries())
      await writePart(item, trx, { filename, usage: 'no usage' }, { part, type: asked.format, content, now });
    await done(trx, { filename, lines: found.lines });
  });
  return 'done';
}

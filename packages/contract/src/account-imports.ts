import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, inAccount, mutation, PEOPLE_AND_KEYS, query } from './procedure.ts';
import * as shapes from './shapes.ts';

// Files come by a route of their own, which asks for what `plan` needs: POST /v1/account-imports (docs/developers.md).
const may = (work: 'read' | 'create') => inAccount('account.subaccounts', 'full', work, PEOPLE_AND_KEYS);
const asked = z.strictObject({ account: inputs.account, import: inputs.id<RowId>('import') });

const counts = z.strictObject({
  new: shapes.count,
  same: shapes.count,
  bad: shapes.count,
  /** Of those that are bad, how many by code. */
  byCode: z.record(z.string(), shapes.count),
  /** Of which something else becomes than when they were judged before. */
  changed: shapes.count,
});

const accountImport = z.strictObject({
  id: shapes.rowId,
  filename: z.string(),
  /** Of the file, by their names here. */
  columns: shapes.list(z.string()),
  rows: shapes.count,
  /** `read`: stored, and not judged; `planned`: it is known what becomes of each row; `running`: a job imports it; `ended`: one has. */
  state: z.enum(['read', 'planned', 'running', 'ended']),
  /** What becomes of its rows; in state `read`, which of them can't be read. */
  counts,
  plannedAt: shapes.instant.nullable(),
  /** The last job that imported it, and how many accounts that has made so far. */
  job: shapes.rowId.nullable(),
  made: shapes.count,
  createdAt: shapes.instant,
  /** When it is forgotten, with all of its rows. */
  expiresAt: shapes.instant,
});

const row = z.strictObject({
  /** Of the file, where the row begins; the header is line 1. */
  line: shapes.count,
  cells: shapes.list(z.string()),
  /** `new`, `same`, or the code of why it is refused. */
  outcome: z.string(),
  /** What it was when it was judged before, if that was something else. */
  was: z.string().nullable(),
  field: z.string().nullable(),
  message: z.string().nullable(),
});

export const accountImports = {
  list: query({
    says: 'The files of accounts that wait in the account, or were imported within a day; latest first.',
    needs: may('read'),
    input: inputs.onlyAccount,
    output: z.strictObject({ rows: shapes.list(accountImport) }),
  }),

  get: query({
    says: 'A file of accounts, and how far it is.',
    needs: may('read'),
    input: asked,
    output: accountImport,
  }),

  plan: mutation({
    says: 'Judges all rows of a file by what is there now: a dry run, which makes nothing.',
    needs: may('create'),
    input: asked,
    output: accountImport,
    refusals: ['ALREADY_IN_STATE'],
  }),

  rows: query({
    says: 'Rows of a file by what becomes of them, in the order of their lines.',
    needs: may('read'),
    input: asked.extend({
      of: z.enum(['new', 'same', 'bad', 'changed']).default('bad'),
      /** Only those that are refused with this code. */
      code: z.string().max(60).optional(),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: shapes.pageOf(row),
  }),

  errors: query({
    says: 'The bad rows of a file as the same CSV, with line, code, field and message behind; a part at a time.',
    needs: may('read'),
    input: asked.extend({ cursor: inputs.cursor }),
    output: shapes.filePart.extend({ nextCursor: z.string().nullable() }),
  }),

  run: mutation({
    says: 'Imports a file, as a job, once all of its rows are judged: all of it or nothing, or as if the bad rows weren’t there.',
    needs: may('create'),
    input: asked.extend({ mode: z.enum(['all', 'each']).default('all') }),
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['ALREADY_IN_STATE', 'BATCH_REFUSED', 'PLAN_STALE'],
  }),
};

/** A file of accounts, and how far it is. */
export type AccountImport = AnswerOf<typeof accountImports.get>;
/** A row of such a file, and what becomes of it. */
export type AccountImportRow = AnswerOf<typeof accountImports.rows>['rows'][number];

import type { AccountImport } from '@tenantree/contract';
import {
  type AccountImportRow,
  listImportRows,
  readImports,
  type ShownImportRow,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type CsvColumn,
  csvHeader,
  csvLines,
  ERROR_COLUMNS,
  isErrorColumn,
  isTextColumn,
  textOfCell,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import type { Handlers } from '../../guard/procedure.ts';
import { readCursor, writeCursor } from '../../hall/cursor.ts';
import { type Hall, nowOf } from '../../hall/hall.ts';
import { findImport, planImport } from './plan-import.ts';
import { runImport } from './run-import.ts';

/** Rows in one part of a file of errors. */
const PART_ROWS = 1_000;

const line = z.number().int();

const reading = <T>(hall: Hall, { id }: Access, work: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
  hall.db.withTenant(id, work, { snapshot: true });

const stateOf = ({ job, planned }: AccountImportRow): AccountImport['state'] => {
  if (job) return job.isLive ? 'running' : 'ended';
  return planned ? 'planned' : 'read';
};

function shown(found: AccountImportRow): AccountImport {
  const { id, filename, columns, rows, outcomes, changed, planned, job, made, createdAt, expiresAt } = found;
  const { new: fresh = 0, same = 0, ...byCode } = outcomes;
  const bad = Object.values(byCode).reduce((sum, n) => sum + n, 0);
  return {
    ...{ id, filename, columns: [...columns], rows, state: stateOf(found), made, createdAt, expiresAt },
    counts: { new: fresh, same, bad, byCode, changed },
    plannedAt: planned?.at ?? null,
    job: job?.id ?? null,
  };
}

/** A file's own columns, and why its bad rows are refused behind them. What it had of such from an earlier time is left out. */
function errorColumns(columns: readonly string[]): CsvColumn<ShownImportRow>[] {
  const own = columns.flatMap((name, n): CsvColumn<ShownImportRow>[] => {
    if (isErrorColumn(name)) return [];
    const isText = isTextColumn(name);
    const of = ({ cells }: ShownImportRow) => (isText ? textOfCell(cells[n] ?? '') : (cells[n] ?? ''));
    return [{ name, kind: isText ? 'text' : 'number', of }];
  });
  const [at, code, field, message] = ERROR_COLUMNS;
  return [
    ...own,
    { name: at, kind: 'number', of: (row) => String(row.line) },
    { name: code, kind: 'text', of: ({ outcome }) => outcome },
    { name: field, kind: 'text', of: (row) => row.field },
    { name: message, kind: 'text', of: (row) => row.message },
  ];
}

const errorsName = (filename: string): string => `${filename.replace(/\.csv$/i, '')}-errors.csv`;

export const accountImports: Handlers<'accountImports'> = {
  list: async ({ ctx: { hall, access } }) => ({
    rows: (await reading(hall, access, (trx) => readImports(trx, access.id, nowOf(hall)))).map(shown),
  }),

  get: async ({ ctx: { hall, access }, input }) =>
    shown(await reading(hall, access, (trx) => findImport(trx, hall, { account: access.id, id: input.import }))),

  plan: async ({ ctx: { hall, access }, input }) => shown(await planImport(hall, access, input.import)),

  rows: async ({ ctx: { hall, access }, input: { import: id, of, code = null, cursor, limit } }) => {
    const { secret } = hall.settings;
    const place = `import-rows:${id}:${of}:${code}`;
    const after = readCursor(secret, place, line, cursor) ?? 0;
    const ref = { account: access.id, id };
    const found = await reading(hall, access, async (trx) => {
      await findImport(trx, hall, ref);
      return listImportRows(trx, ref, { of, code, after, limit: limit + 1 });
    });
    const rows = found.slice(0, limit);
    const last = found.length > limit ? rows.at(-1) : undefined;
    return {
      rows: rows.map((row) => ({ ...row, cells: [...row.cells] })),
      nextCursor: last ? writeCursor(secret, place, last.line) : null,
    };
  },

  errors: async ({ ctx: { hall, access }, input: { import: id, cursor } }) => {
    const { secret } = hall.settings;
    const place = `import-errors:${id}`;
    const after = readCursor(secret, place, line, cursor) ?? 0;
    const ref = { account: access.id, id };
    const [file, found] = await reading(
      hall,
      access,
      async (trx) =>
        [
          await findImport(trx, hall, ref),
          await listImportRows(trx, ref, { of: 'bad', code: null, after, limit: PART_ROWS + 1 }),
        ] as const,
    );
    const rows = found.slice(0, PART_ROWS);
    const last = found.length > PART_ROWS ? rows.at(-1) : undefined;
    const columns = errorColumns(file.columns);
    return {
      filename: errorsName(file.filename),
      type: 'csv',
      content: (after === 0 ? csvHeader(columns) : '') + csvLines(columns, rows),
      nextCursor: last ? writeCursor(secret, place, last.line) : null,
    };
  },

  run: async ({ ctx: { hall, caller, access }, input: { import: id, mode } }) => ({
    job: await runImport(hall, caller, access, { id, mode }),
  }),
};

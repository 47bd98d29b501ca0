import { CONTRACT } from '@tenantree/contract';
import {
  deleteImport,
  endImportUpload,
  type ImportRef,
  insertImport,
  insertImportRows,
  type StagedRow,
} from '@tenantree/db';
import { DAY_MS, IMPORT_BOUNDS, instantOf, parseLine, readImportHeader, readImportRow } from '@tenantree/domain';
import { turnOf } from '../../context/actor.ts';
import type { Connection } from '../../context/connection.ts';
import type { Context } from '../../context/context.ts';
import { admit } from '../../guard/admit.ts';
import { recognise } from '../../guard/recognise.ts';
import type { Hall } from '../../hall/hall.ts';
import { granted, refuseWith } from '../../hall/refused.ts';
import type { App } from '../../wire/calls.ts';
import { declaredBytes, refuseTooLarge } from '../../wire/read-json.ts';
import { readCsv } from './read-csv.ts';

/** Where files of accounts are sent. */
export const ACCOUNT_IMPORTS_PATH = '/v1/account-imports';

/** How long a file waits to be imported (rules/accounts 29). */
const KEPT_DAYS = 1;
/** Files that an account keeps beside a new one. */
const KEPT_FILES = 9;
/** Rows of one transaction: a slow sender holds none open. */
const ROWS_AT_ONCE = 1_000;

/** Takes files of accounts as they arrive, for whoever may make accounts; nothing is made of them yet. */
export const accountImportsRoute =
  (createContext: (connection: Connection) => Context) =>
  (app: App): void => {
    app.post(ACCOUNT_IMPORTS_PATH, async (call) => {
      call.set('route', ACCOUNT_IMPORTS_PATH);
      const ctx = createContext(call.get('connection'));
      const { hall } = ctx;
      const actor = await recognise(ctx);
      return hall.db.onBehalfOf(turnOf(actor), async () => {
        const asked =
          call.req.query('account') ??
          refuseWith('BAD_REQUEST', 'Name the account: its id or ext:THEIR-ID.', 'account');
        const { id: account } = granted(await admit(hall, actor, asked, CONTRACT.accountImports.plan.needs));
        const file = granted(
          parseLine(call.req.query('filename') ?? 'accounts.csv', { least: 1, most: 200 }, 'A file name'),
        );
        checkKind(call.req.raw.headers);
        const ref = { account, id: hall.newId() };
        const rows = await stage(hall, ref, file, bounded(call.req.raw));
        return call.json({ import: ref.id, rows });
      });
    });
  };

function checkKind(headers: Headers): void {
  if (!/^text\/csv\s*(;|$)/i.test(headers.get('content-type') ?? ''))
    refuseWith('UNSUPPORTED_MEDIA_TYPE', 'Send CSV, with the header “content-type: text/csv”.');
  if (!/^(identity)?$/i.test(headers.get('content-encoding') ?? ''))
    refuseWith('UNSUPPORTED_MEDIA_TYPE', 'Send the file as it is, without content-encoding.');
  if ((declaredBytes(headers) ?? 0) > IMPORT_BOUNDS.bytes) refuseTooLarge(IMPORT_BOUNDS.bytes);
}

async function* bounded({ body }: Request): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > IMPORT_BOUNDS.bytes) refuseTooLarge(IMPORT_BOUNDS.bytes);
    yield chunk;
  }
}

/** Stores the rows of a file one by one as they come: all of them, or nothing. @returns how many */
async function stage(hall: Hall, ref: ImportRef, filename: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const file = new Staging(hall, ref, filename);
  try {
    for await (const { line, cells } of readCsv(chunks)) await file.take(line, cells);
    return await file.end();
  } catch (error) {
    await file.drop();
    throw error;
  }
}

/** A file on its way into the database. */
class Staging {
  readonly #hall: Hall;
  readonly #ref: ImportRef;
  readonly #filename: string;
  #columns: readonly string[] | null = null;
  #waiting: StagedRow[] = [];
  #rows = 0;

  constructor(hall: Hall, ref: ImportRef, filename: string) {
    this.#hall = hall;
    this.#ref = ref;
    this.#filename = filename;
  }

  async take(line: number, cells: string[]): Promise<void> {
    if (this.#columns === null) return this.#begin(cells);
    if (this.#rows === IMPORT_BOUNDS.rows)
      refuseWith(
        'BAD_REQUEST',
        `A file has at most ${IMPORT_BOUNDS.rows} rows: this has more. Send it in parts.`,
        'file',
      );
    if (cells.length > IMPORT_BOUNDS.columns)
      refuseWith('BAD_REQUEST', `There are more than ${IMPORT_BOUNDS.columns} cells in line ${line}.`, 'file');
    const { wish, externalId } = readImportRow(this.#columns, cells);
    const read = wish.ok ? { wish: wish.value, refusal: null } : { wish: null, refusal: wish.refusal };
    this.#waiting.push({ line, cells, externalId, ...read });
    this.#rows += 1;
    if (this.#waiting.length === ROWS_AT_ONCE) await this.#store();
  }

  async end(): Promise<number> {
    if (this.#rows === 0) refuseWith('BAD_REQUEST', 'There is no row in this file.', 'file');
    await this.#store();
    const { account } = this.#ref;
    await this.#hall.db.withTenant(account, (trx) => endImportUpload(trx, this.#ref, this.#rows));
    return this.#rows;
  }

  async drop(): Promise<void> {
    if (this.#columns === null) return;
    await this.#hall.db.withTenant(this.#ref.account, (trx) => deleteImport(trx, this.#ref));
  }

  async #begin(header: readonly string[]): Promise<void> {
    const columns = granted(readImportHeader(header));
    const nowMs = this.#hall.clock.nowMs();
    const expiresAt = instantOf(nowMs + KEPT_DAYS * DAY_MS);
    const file = { filename: this.#filename, columns, now: instantOf(nowMs), expiresAt, keep: KEPT_FILES };
    await this.#hall.db.withTenant(this.#ref.account, (trx) => insertImport(trx, this.#ref, file));
    this.#columns = columns;
  }

  async #store(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    if (rows.length > 0)
      await this.#hall.db.withTenant(this.#ref.account, (trx) => insertImportRows(trx, this.#ref, rows));
  }
}

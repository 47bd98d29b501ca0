import type {
  AccountId,
  BatchEntry,
  CreationWish,
  ExternalId,
  Instant,
  Metadata,
  Refusal,
  RowId,
} from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** A file of accounts that waits in an account. */
export type ImportRef = { readonly account: AccountId; readonly id: RowId };

/** Conditions: of a file `i` itself, and of its rows `r`. */
const of = ({ account, id }: ImportRef): RawBuilder<boolean> =>
  sql`r.root_id = acting_root() AND r.account_id = ${account} AND r.import_id = ${id}`;
const itself = ({ account, id }: ImportRef): RawBuilder<boolean> =>
  sql`i.root_id = acting_root() AND i.account_id = ${account} AND i.id = ${id}`;

/** What became of a row: an account is to be made, or is there as the row says; or the code of why it is refused. */
export type ImportOutcome = string;

/** A file of accounts, and how far it is. */
export type AccountImportRow = {
  readonly id: RowId;
  readonly filename: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Rows by what becomes of them; none before they were judged, but for those that can't be read. */
  readonly outcomes: Readonly<Record<ImportOutcome, number>>;
  /** Rows of which something else becomes than when they were judged before. */
  readonly changed: number;
  /** When its rows were judged, and when the tree had changed last (`readLastChange`). */
  readonly planned: { readonly at: Instant; readonly change: number } | null;
  /** How many of its new accounts are to be set up by blueprints. */
  readonly setUps: number;
  readonly job: { readonly id: RowId; readonly isLive: boolean } | null;
  /** Accounts that it has made. */
  readonly made: number;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
};

/** Begins to store a file; of those before it that no job works on, only the latest few are kept. @param keep how many */
export async function insertImport(
  trx: TenantTransaction,
  ref: ImportRef,
  {
    filename,
    columns,
    now,
    expiresAt,
    keep,
  }: {
    readonly filename: string;
    readonly columns: readonly string[];
    readonly now: Instant;
    readonly expiresAt: Instant;
    readonly keep: number;
  },
): Promise<void> {
  await sql`
    WITH old AS (
      DELETE FROM account_imports i WHERE i.root_id = acting_root() AND i.account_id = ${ref.account} AND i.id IN (
        SELECT o.id FROM account_imports o WHERE o.root_id = acting_root() AND o.account_id = ${ref.account} AND NOT EXISTS (
          SELECT FROM jobs j WHERE j.account_id = ${ref.account} AND j.id = o.job_id AND j.ended_at IS NULL)
        ORDER BY o.id DESC OFFSET ${keep}) RETURNING i.id)
    DELETE FROM account_import_rows r WHERE r.root_id = acting_root() AND r.account_id = ${ref.account} AND r.import_id IN (SELECT id FROM old)`.execute(
    trx,
  );
  await sql`
    INSERT INTO account_imports (account_id, id, filename, columns, created_at, expires_at)
    VALUES (${ref.account}, ${ref.id}, ${filename}, ${[...columns]}::text[], ${now}::timestamptz, ${expiresAt}::timestamptz)`.execute(
    trx,
  );
}

/** A row of a file, as it is stored. */
export type StagedRow = {
  readonly line: number;
  readonly cells: readonly string[];
  readonly externalId: ExternalId | null;
  /** Null: it can't be read. */
  readonly wish: CreationWish | null;
  readonly refusal: Refusal | null;
};

/** Stores rows of a file. */
export async function insertImportRows(
  trx: TenantTransaction,
  { account, id }: ImportRef,
  rows: readonly StagedRow[],
): Promise<void> {
  const staged = rows.map(({ line, cells, externalId, wish, refusal }) => ({
    line,
    cells,
    external_id: externalId,
    known_id: wish?.known,
    parent_external_id: wish?.parent.kind === 'external' ? wish.parent.externalId : null,
    parent_id: wish?.parent.kind === 'id' ? wish.parent.id : null,
    name: wish?.account.name.name,
    name_key: wish?.account.name.key,
    metadata: wish?.metadata === 'unsaid' ? null : wish?.account.metadata,
    blueprint: wish?.blueprint,
    outcome: refusal?.code,
    field: refusal?.field,
    message: refusal?.message,
  }));
  await sql`
    INSERT INTO account_import_rows (account_id, import_id, line, cells, external_id, known_id, parent_external_id, parent_id, name, name_key,
      metadata, blueprint, outcome, field, message)
    SELECT ${account}, ${id}, n.line, n.cells, n.external_id, n.known_id, n.parent_external_id, n.parent_id, n.name, n.name_key, n.metadata, n.blueprint,
      n.outcome, n.field, n.message
    FROM jsonb_to_recordset(${JSON.stringify(staged)}::jsonb) n(line int, cells text[], external_id text, known_id uuid, parent_external_id text,
      parent_id uuid, name text, name_key text, metadata jsonb, blueprint text, outcome text, field text, message text)`.execute(
    trx,
  );
}

/** Notes that all of a file is stored. */
export async function endImportUpload(trx: TenantTransaction, ref: ImportRef, rows: number): Promise<void> {
  await sql`UPDATE account_imports i SET rows = ${rows} WHERE ${itself(ref)}`.execute(trx);
}

/** Forgets a file. */
export async function deleteImport(trx: TenantTransaction, ref: ImportRef): Promise<void> {
  await sql`DELETE FROM account_import_rows r WHERE ${of(ref)}`.execute(trx);
  await sql`DELETE FROM account_imports i WHERE ${itself(ref)}`.execute(trx);
}

type Raw = {
  id: RowId;
  filename: string;
  columns: string[];
  rows: number;
  planned_change: string | null;
  planned_at: Date | null;
  job_id: RowId | null;
  is_live: boolean | null;
  made: number;
  created_at: Date;
  expires_at: Date;
  outcomes: Record<string, number> | null;
  changed: number;
  set_ups: number;
};

/**
 * Files of an account that are stored whole, the latest first.
 *
 * @param only this one
 */
export async function readImports(
  trx: TenantTransaction,
  account: AccountId,
  now: Instant,
  only: RowId | null = null,
): Promise<AccountImportRow[]> {
  const { rows } = await sql<Raw>`
    SELECT i.*, o.outcomes, coalesce(o.changed, 0)::int AS changed, coalesce(o.set_ups, 0)::int AS set_ups, (
      SELECT j.ended_at IS NULL FROM jobs j WHERE j.account_id = ${account} AND j.id = i.job_id) AS is_live
    FROM account_imports i CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(c.outcome, c.n) AS outcomes, sum(c.changed) AS changed, sum(c.set_ups) AS set_ups FROM (
        SELECT r.outcome, count(*) AS n, count(r.was) AS changed, count(r.blueprint) FILTER (WHERE r.outcome = 'new') AS set_ups FROM account_import_rows r
        WHERE r.root_id = acting_root() AND r.account_id = ${account} AND r.import_id = i.id AND r.outcome IS NOT NULL GROUP BY 1) c) o
    WHERE i.root_id = acting_root() AND i.account_id = ${account} AND i.rows IS NOT NULL AND i.expires_at > ${now}::timestamptz
      AND (${only}::uuid IS NULL OR i.id = ${only}) ORDER BY i.id DESC`.execute(trx);
  return rows.map((row) => ({
    id: row.id,
    filename: row.filename,
    columns: row.columns,
    rows: row.rows,
    outcomes: row.outcomes ?? {},
    changed: row.changed,
    planned:
      row.planned_at && row.planned_change !== null
        ? { at: row.planned_at.toISOString() as Instant, change: Number(row.planned_change) }
        : null,
    setUps: row.set_ups,
    job: row.job_id && { id: row.job_id, isLive: row.is_live === true },
    made: row.made,
    createdAt: row.created_at.toISOString() as Instant,
    expiresAt: row.expires_at.toISOString() as Instant,
  }));
}

/** The columns of a file; none when it is gone. */
export async function readImportColumns(trx: TenantTransaction, ref: ImportRef): Promise<readonly string[]> {
  const { rows } = await sql<{
    columns: string[];
  }>`SELECT i.columns FROM account_imports i WHERE ${itself(ref)}`.execute(trx);
  return rows[0]?.columns ?? [];
}

/** A file that nobody else judges or imports meanwhile. */
export type LockedImport = {
  readonly filename: string;
  readonly rows: number;
  /** When the tree had changed last before its rows were judged; null: they were not. */
  readonly plannedChange: number | null;
  /** A job imports it. */
  readonly isRunning: boolean;
};

/** Locks a file against being judged or imported twice at one time. Null: it is gone */
export async function lockImport(trx: TenantTransaction, ref: ImportRef): Promise<LockedImport | null> {
  // Before it is read: a statement that waits for a lock reads all but the locked row as before it waited, and knows of no job that was asked
  // for meanwhile (findings/for-update-reads-the-rest-as-before-it-waited.sh).
  await sql`SELECT FROM account_imports i WHERE ${itself(ref)} FOR UPDATE`.execute(trx);
  const { rows } = await sql<{ filename: string; rows: number; planned_change: string | null; is_running: boolean }>`
    SELECT i.filename, i.rows, i.planned_change, EXISTS (
      SELECT FROM jobs j WHERE j.account_id = ${ref.account} AND j.id = i.job_id AND j.ended_at IS NULL) AS is_running
    FROM account_imports i WHERE ${itself(ref)} AND i.rows IS NOT NULL`.execute(trx);
  const [row] = rows;
  if (!row) return null;
  const { filename, rows: all, planned_change: change, is_running: isRunning } = row;
  return { filename, rows: all, plannedChange: change === null ? null : Number(change), isRunning };
}

/** How a row of a file names accounts. */
export type NamedRow = {
  readonly line: number;
  readonly own: string | null;
  readonly parent: string | null;
  readonly isBad: boolean;
};

/** How the next rows of a file name accounts: an external id behind `ext:`, an id as it is. */
export async function readImportNames(
  trx: TenantTransaction,
  ref: ImportRef,
  after: number,
  limit: number,
): Promise<NamedRow[]> {
  const { rows } = await sql<NamedRow>`
    SELECT r.line, coalesce('ext:' || r.external_id, r.known_id::text) AS own, coalesce('ext:' || r.parent_external_id, r.parent_id::text) AS parent,
      r.name IS NULL AS "isBad"
    FROM account_import_rows r WHERE ${of(ref)} AND r.line > ${after} ORDER BY r.line LIMIT ${limit}`.execute(trx);
  return rows;
}

/** Which of the accounts that a file names as parents are there, as `readImportNames` names them. */
export async function findImportParents(trx: TenantTransaction, ref: ImportRef): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT 'ext:' || n.name AS name FROM (SELECT DISTINCT r.parent_external_id AS name FROM account_import_rows r WHERE ${of(ref)}) n
    WHERE EXISTS (SELECT FROM accounts a WHERE a.external_id = n.name AND a.root_id = acting_root())
    UNION ALL
    SELECT n.id::text FROM (SELECT DISTINCT r.parent_id AS id FROM account_import_rows r WHERE ${of(ref)}) n
    WHERE EXISTS (SELECT FROM accounts a WHERE a.root_id = acting_root() AND a.id = n.id)`.execute(trx);
  return rows.map(({ name }) => name);
}

/** A row of a file that is to be judged: as an entry of a batch, and what was found when it was judged before. */
export type ImportEntry = BatchEntry & {
  readonly line: number;
  readonly level: number | null;
  readonly turn: number | null;
  readonly outcome: ImportOutcome | null;
};

type RawEntry = {
  line: number;
  external_id: ExternalId | null;
  known_id: AccountId | null;
  parent_external_id: ExternalId | null;
  parent_id: AccountId | null;
  name: string;
  name_key: string;
  metadata: Metadata | null;
  blueprint: string | null;
  level: number | null;
  turn: number | null;
  outcome: string | null;
};

/** Reads rows of a file that can be read, by their lines and in the order of these. */
export async function readImportEntries(
  trx: TenantTransaction,
  ref: ImportRef,
  lines: readonly number[],
): Promise<ImportEntry[]> {
  const { rows } = await sql<RawEntry>`
    SELECT r.line, r.external_id, r.known_id, r.parent_external_id, r.parent_id, r.name, r.name_key, r.metadata, r.blueprint, r.level, r.turn, r.outcome
    FROM account_import_rows r WHERE ${of(ref)} AND r.line = ANY (${[...lines]}::int[]) AND r.name IS NOT NULL`.execute(
    trx,
  );
  const at = new Map(lines.map((line, n) => [line, n]));
  rows.sort((one, other) => at.get(one.line)! - at.get(other.line)!);
  return rows.map(({ line, level, turn, outcome, external_id: externalId, ...row }) => ({
    line,
    level,
    turn,
    outcome,
    externalId,
    wish: {
      ok: true,
      value: {
        parent: parentIn(row),
        account: { name: { name: row.name, key: row.name_key }, externalId, metadata: row.metadata ?? {} },
        ...(row.known_id !== null && { known: row.known_id }),
        ...(row.metadata === null && { metadata: 'unsaid' as const }),
        ...(row.blueprint !== null && { blueprint: row.blueprint }),
      },
    },
  }));
}

function parentIn({
  parent_external_id: externalId,
  parent_id: id,
}: Pick<RawEntry, 'parent_external_id' | 'parent_id'>): CreationWish['parent'] {
  if (externalId !== null) return { kind: 'external', externalId, asked: `ext:${externalId}` };
  return id === null ? { kind: 'acting' } : { kind: 'id', id, asked: id };
}

/** What became of a row. */
export type JudgedRow = {
  readonly line: number;
  readonly level: number | null;
  /** When it is imported, among all (`importTurns`). */
  readonly turn: number | null;
  readonly outcome: ImportOutcome;
  readonly refusal: Refusal | null;
};

/** Notes what becomes of rows, and of those that were judged before, what it was if that was something else. */
export async function judgeImportRows(
  trx: TenantTransaction,
  ref: ImportRef,
  judged: readonly JudgedRow[],
): Promise<void> {
  await sql`
    UPDATE account_import_rows r SET level = n.level, turn = n.turn, outcome = n.outcome, field = n.field, message = n.message,
      was = CASE WHEN r.outcome <> n.outcome THEN r.outcome END
    FROM unnest(${judged.map(({ line }) => line)}::int[], ${judged.map(({ level }) => level)}::int[], ${judged.map(({ turn }) => turn)}::int[], ${judged.map(({ outcome }) => outcome)}::text[],
      ${judged.map(({ refusal }) => refusal?.field ?? null)}::text[], ${judged.map(({ refusal }) => refusal?.message ?? null)}::text[]
    ) n(line, level, turn, outcome, field, message)
    WHERE ${of(ref)} AND r.line = n.line AND (r.outcome, r.level, r.turn, r.message, r.was) IS DISTINCT FROM (n.outcome, n.level, n.turn, n.message, NULL)`.execute(
    trx,
  );
}

/** Notes that all rows of a file are judged, whatever a job made of it before. @param change when the tree had changed last before the first was */
export async function endImportPlan(
  trx: TenantTransaction,
  ref: ImportRef,
  { at, change }: { readonly at: Instant; readonly change: number },
): Promise<void> {
  await sql`UPDATE account_imports i SET planned_change = ${change}, planned_at = ${at}::timestamptz, job_id = NULL WHERE ${itself(ref)}`.execute(
    trx,
  );
}

/** The lines of a file by level that were found to be new, or the same as what is there, in their turns. */
export async function readImportLevels(
  trx: TenantTransaction,
  ref: ImportRef,
  outcomes: readonly ImportOutcome[],
): Promise<{ readonly level: number; readonly lines: readonly number[] }[]> {
  const { rows } = await sql<{ level: number; lines: number[] }>`
    SELECT r.level, array_agg(r.line ORDER BY r.turn) AS lines FROM account_import_rows r
    WHERE ${of(ref)} AND r.outcome = ANY (${[...outcomes]}::text[]) AND r.level IS NOT NULL GROUP BY 1 ORDER BY 1`.execute(
    trx,
  );
  return rows;
}

/** Whether one of these accounts is still to be made by another row of the file, which was found to be new. */
export async function isStillToCome(
  trx: TenantTransaction,
  ref: ImportRef,
  externalIds: readonly ExternalId[],
): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM account_import_rows r WHERE ${of(ref)} AND r.outcome = 'new' AND r.external_id = ANY (${[...externalIds]}::text[]) LIMIT 1`.execute(
    trx,
  );
  return rows.length > 0;
}

/** Notes which job imports a file. */
export async function noteImportJob(trx: TenantTransaction, ref: ImportRef, job: RowId): Promise<void> {
  await sql`UPDATE account_imports i SET job_id = ${job}, made = 0 WHERE ${itself(ref)}`.execute(trx);
}

/** Notes that so many more accounts of a file are made. */
export async function addImported(trx: TenantTransaction, ref: ImportRef, made: number): Promise<void> {
  await sql`UPDATE account_imports i SET made = i.made + ${made} WHERE ${itself(ref)}`.execute(trx);
}

/** Which rows of a file are listed. */
export type ImportRowsQuery = {
  readonly of: 'new' | 'same' | 'bad' | 'changed';
  /** Of the bad ones, those that are refused with this code. */
  readonly code: string | null;
  readonly after: number;
  readonly limit: number;
};

/** A row of a file, and what becomes of it. */
export type ShownImportRow = {
  readonly line: number;
  readonly cells: readonly string[];
  readonly outcome: ImportOutcome;
  readonly was: ImportOutcome | null;
  readonly field: string | null;
  readonly message: string | null;
};

/** Lists judged rows of a file in the order of their lines. */
export async function listImportRows(
  trx: TenantTransaction,
  ref: ImportRef,
  { of: which, code, after, limit }: ImportRowsQuery,
): Promise<ShownImportRow[]> {
  const { rows } = await sql<ShownImportRow>`
    SELECT r.line, r.cells, r.outcome, r.was, r.field, r.message FROM account_import_rows r
    WHERE ${of(ref)} AND r.line > ${after} AND ${WHICH[which]} AND (${code}::text IS NULL OR r.outcome = ${code}) ORDER BY r.line LIMIT ${limit}`.execute(
    trx,
  );
  return rows;
}

const WHICH: Readonly<Record<ImportRowsQuery['of'], RawBuilder<boolean>>> = {
  new: sql`r.outcome = 'new'`,
  same: sql`r.outcome = 'same'`,
  bad: sql`r.outcome NOT IN ('new', 'same')`,
  changed: sql`r.was IS NOT NULL`,
};

/** Forgets files whose time is over; how many. */
export async function forgetImports(db: Database, now: Instant): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT public.forget_account_imports(${now}::timestamptz) AS n`.execute(
    db.app,
  );
  return rows[0]?.n ?? 0;
}

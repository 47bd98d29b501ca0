import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kysely, PostgresAdapter, sql } from 'kysely';

/** One function of the database: its last state, with its grants, as its file has it (README.md beside this file). */
export type SqlFunction = {
  readonly name: string;
  /** The statements that bring it about. */
  readonly text: string;
  /** SHA-256 of the text. */
  readonly hash: string;
};

/** The functions of this release, by the names of their files. */
export async function readFunctions(): Promise<SqlFunction[]> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sql')).toSorted();
  return Promise.all(
    files.map(async (file) => functionOf(basename(file, '.sql'), await readFile(join(folder, file), 'utf8'))),
  );
}

/** A function that some text brings about. */
export const functionOf = (name: string, text: string): SqlFunction => ({
  name,
  text,
  hash: createHash('sha256').update(text).digest('hex'),
});

/** How `migrations_done` names a function that has been applied. */
export const doneAs = ({ name, hash }: SqlFunction): string => `${name} ${hash}`;

/**
 * Brings the functions of a migrated database to the state of their files: those whose text is another than the one that was applied
 * last, all in one transaction. Servers that start together take turns, as with migrations.
 *
 * @throws Error when one can't be applied (none is, then): what depends on it, or is wrong with it, is PostgreSQL's word
 */
export const applyFunctions = (db: Kysely<unknown>, functions: readonly SqlFunction[]): Promise<void> =>
  inTurn(db, (trx) => applyChanged(trx, functions));

/** One transaction, which servers that start together make one after the other, as they do migrations. */
export async function inTurn(db: Kysely<unknown>, work: (trx: Kysely<unknown>) => Promise<unknown>): Promise<void> {
  const adapter = new PostgresAdapter();
  const lock = { lockTable: 'kysely_migration_lock', lockRowId: 'migration_lock' };
  await db.connection().execute(async (connection) => {
    await adapter.acquireMigrationLock(connection, lock);
    try {
      await connection.transaction().execute(work);
    } finally {
      await adapter.releaseMigrationLock(connection, lock);
    }
  });
}

async function applyChanged(trx: Kysely<unknown>, functions: readonly SqlFunction[]): Promise<void> {
  const { rows } = await sql<{ name: string; hash: string }>`SELECT name, hash FROM applied_functions`.execute(trx);
  const applied = new Map(rows.map(({ name, hash }) => [name, hash]));
  // They call each other, and come in the order of their names.
  await sql`SET LOCAL check_function_bodies = off`.execute(trx);
  for (const one of functions) {
    if (applied.get(one.name) === one.hash) continue;
    await replace(trx, one);
    await sql`INSERT INTO applied_functions (name, hash) VALUES (${one.name}, ${one.hash})
      ON CONFLICT (name) DO UPDATE SET hash = excluded.hash`.execute(trx);
  }
  await sql`DELETE FROM applied_functions WHERE name <> ALL (${functions.map(({ name }) => name)}::text[])`.execute(
    trx,
  );
}

/** In place, so that policies and triggers keep it; one with another signature goes first, which fails where something depends on it. */
async function replace(trx: Kysely<unknown>, { name, text }: SqlFunction): Promise<void> {
  const before = await signaturesOf(trx, name);
  for (const signature of before) await resetGrants(trx, signature);
  await sql`SAVEPOINT before_function`.execute(trx);
  const error: unknown = await sql
    .raw(text)
    .execute(trx)
    .then(
      () => null,
      (failure: unknown) => failure,
    );
  if (error !== null && !isOfAnotherSignature(error)) throw error;
  if (error !== null || (await signaturesOf(trx, name)).length > 1) {
    await sql`ROLLBACK TO SAVEPOINT before_function`.execute(trx);
    for (const signature of before) await sql.raw(`DROP ROUTINE ${signature}`).execute(trx);
    await sql.raw(text).execute(trx);
  }
  if ((await signaturesOf(trx, name)).length !== 1) throw new Error(`${name}.sql makes no function of that name`);
}

async function signaturesOf(trx: Kysely<unknown>, name: string): Promise<string[]> {
  const { rows } = await sql<{ signature: string }>`SELECT oid::regprocedure::text AS signature FROM pg_proc
    WHERE proname = ${name} AND pronamespace = 'public'::regnamespace`.execute(trx);
  return rows.map(({ signature }) => signature);
}

/** Grants are those of a function that was just made: what a file grants no more is not granted any more. */
async function resetGrants(trx: Kysely<unknown>, signature: string): Promise<void> {
  const { rows } = await sql<{ grantee: string }>`SELECT DISTINCT x.grantee::regrole::text AS grantee
    FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) x
    WHERE p.oid = ${signature}::regprocedure AND x.grantee NOT IN (0, p.proowner)`.execute(trx);
  for (const { grantee } of rows) await sql.raw(`REVOKE ALL ON ROUTINE ${signature} FROM ${grantee}`).execute(trx);
  await sql.raw(`GRANT EXECUTE ON ROUTINE ${signature} TO PUBLIC`).execute(trx);
}

/** `CREATE OR REPLACE` can't change what a function returns, and a grant by the name alone finds two of another list of parameters. */
const isOfAnotherSignature = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '42P13' || error.code === '42725');

import type { Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

type AttemptsTables = { attempts: { key: Buffer; made: number; ends_at: Date } };

/** Attempts of one kind within a window of time, counted by all servers together. */
export type Attempts = {
  readonly made: number;
  /** When they are forgotten. */
  readonly endsAt: Instant;
};

const tables = (db: Database) => db.auth.withTables<AttemptsTables>();
const hex = (key: Buffer): string => key.toString('hex');
const toAttempts = (row: { readonly made: number; readonly ends_at: Date }): Attempts => ({
  made: row.made,
  endsAt: row.ends_at.toISOString() as Instant,
});

/** Counts by the hex text of their keys; those that have ended, and that nobody made, are not there. */
export async function readAttempts(
  db: Database,
  keys: readonly Buffer[],
  now: Instant,
): Promise<ReadonlyMap<string, Attempts>> {
  const rows = await tables(db)
    .selectFrom('attempts')
    .selectAll()
    .where('key', 'in', keys)
    .where('ends_at', '>', new Date(now))
    .execute();
  return new Map(rows.map((row) => [hex(row.key), toAttempts(row)]));
}

/**
 * Counts an attempt under every key. A count that is over begins again.
 *
 * @param endsAt when a count that begins now is forgotten
 * @returns the counts by the hex text of their keys
 */
export async function noteAttempt(
  db: Database,
  keys: readonly Buffer[],
  now: Instant,
  endsAt: Instant,
): Promise<ReadonlyMap<string, Attempts>> {
  // In one order, so that no two wait for each other.
  const rows = keys.toSorted((a, b) => a.compare(b)).map((key) => ({ key, made: 1, ends_at: new Date(endsAt) }));
  const goesOn = sql<boolean>`attempts.ends_at > ${now}::timestamptz`;
  const counted = await tables(db)
    .insertInto('attempts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        made: sql`CASE WHEN ${goesOn} THEN attempts.made + 1 ELSE 1 END`,
        ends_at: sql`CASE WHEN ${goesOn} THEN attempts.ends_at ELSE excluded.ends_at END`,
      }),
    )
    .returningAll()
    .execute();
  return new Map(counted.map((row) => [hex(row.key), toAttempts(row)]));
}

/** Forgets what was counted under a key. */
export async function forgetAttempts(db: Database, key: Buffer): Promise<void> {
  await tables(db).deleteFrom('attempts').where('key', '=', key).execute();
}

/** Deletes the counts that are over. */
export async function deleteEndedAttempts(db: Database, now: Instant): Promise<void> {
  await tables(db).deleteFrom('attempts').where('ends_at', '<=', new Date(now)).execute();
}

import { type Kysely, sql } from 'kysely';

/**
 * Files of accounts know when their tree had changed last before their rows were judged (numbers of the journal told of jobs and visits, too), and
 * their rows the turns in which they are imported. Files that wait are judged again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE account_import_rows ADD COLUMN turn int;
    ALTER TABLE account_imports RENAME COLUMN planned_seq TO planned_change;
    UPDATE account_imports SET planned_change = -1 WHERE planned_change IS NOT NULL;
  `.execute(db);
}

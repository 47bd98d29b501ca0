import { type Kysely, sql } from 'kysely';

/** Functions stand in one file each, and what was applied of them is known (docs/decisions/0020-registries.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await functions(db);
}

const functions = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- hash: SHA-256 of the text that the function was made by at last.
    CREATE TABLE applied_functions (name text PRIMARY KEY, hash text NOT NULL);
    ALTER TABLE applied_functions ENABLE ROW LEVEL SECURITY;
  `.execute(db);

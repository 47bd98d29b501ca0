import { type Kysely, sql } from 'kysely';

/** Who stays with a subtree that leaves is asked for all at once, no more for each key by itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP FUNCTION IF EXISTS stays_in`.execute(db);
}

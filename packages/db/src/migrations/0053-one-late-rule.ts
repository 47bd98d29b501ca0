import { type Kysely, sql } from 'kysely';

/** What comes late is told by one function (late_usage): that of statements goes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP FUNCTION IF EXISTS late_of_customer`.execute(db);
}

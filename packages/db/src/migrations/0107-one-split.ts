import { type Kysely, sql } from 'kysely';

/** Lines are split by the function that names them: what stood between the two copied all of them once more. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP FUNCTION IF EXISTS split_places`.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** Jobs say what they are about: a list of many of one kind told nothing apart. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE jobs ADD COLUMN subject text`.execute(db);
}

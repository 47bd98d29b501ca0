import { type Kysely, sql } from 'kysely';

/**
 * A subtree that comes to another tree is carried with foreign keys switched off (functions/accounts/change_root.sql), and triggers with them:
 * but for those that keep what its rows say in step with where they are.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE accounts ENABLE ALWAYS TRIGGER keep_sorted`.execute(db);
  await sql`ALTER TABLE account_search ENABLE ALWAYS TRIGGER forget_tokens`.execute(db);
  await sql`ALTER TABLE sorted_parents ENABLE ALWAYS TRIGGER keep_sorted_elsewhere`.execute(db);
}

import { type Kysely, sql } from 'kysely';

/**
 * When accounts were last active, which lists are kept to (rules/accounts 30): the day of their newest usage, of all below, too, or of their
 * making. Of accounts that are older than lists look back, and unused, it stays that it was long ago.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE accounts ADD COLUMN active_on date NOT NULL DEFAULT '-infinity';
    UPDATE accounts SET active_on = (created_at AT TIME ZONE 'UTC')::date WHERE created_at >= now() - interval '40 days';
    UPDATE accounts a SET active_on = greatest(a.active_on, u.day) FROM (
      SELECT account_id, (max(quarter) AT TIME ZONE 'UTC')::date AS day FROM usage_quarters WHERE quarter >= now() - interval '40 days' GROUP BY 1
    ) u WHERE u.account_id = a.id;
    CREATE INDEX accounts_active ON accounts (root_id, active_on, path_key);
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** Why an account is suspended stands with the suspension, too, and not only in the log: whoever looks at the account reads it there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE accounts ADD COLUMN suspension_reason text CHECK (char_length(suspension_reason) <= 500);
    UPDATE accounts a SET suspension_reason = (
      SELECT l.details ->> 'reason' FROM audit_log l WHERE l.account_id = a.id AND l.action = 'account.suspended'
      ORDER BY l.id DESC LIMIT 1) WHERE a.suspension_kind IS NOT NULL;
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** What people do with their own sign-in data, and what keeps invitations and credentials in step with members. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- When the session's person last proved the password: signing in is the first time.
    ALTER TABLE auth.sessions ADD COLUMN proved_at timestamptz;
    UPDATE auth.sessions SET proved_at = created_at;
    ALTER TABLE auth.sessions ALTER COLUMN proved_at SET NOT NULL;
  `.execute(db);
}

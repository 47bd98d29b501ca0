import { type Kysely, sql } from 'kysely';

/** Attempts are counted for all servers together: wrong guesses at passwords and links, and requests that mail somebody. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- key: keyed hash of what is counted, so that nobody reads here who was guessed at, or from where.
    CREATE TABLE auth.attempts (key bytea PRIMARY KEY, made int NOT NULL, ends_at timestamptz NOT NULL);
    CREATE INDEX attempts_ends_at ON auth.attempts (ends_at);
    GRANT SELECT, INSERT, UPDATE, DELETE ON auth.attempts TO tenantree_auth;
    ALTER TABLE auth.attempts ENABLE ROW LEVEL SECURITY;
    CREATE POLICY sign_in ON auth.attempts TO tenantree_auth USING (true);
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** What calls with an idempotency key were answered, so that a repeat has one effect and the same answer (docs/decisions/0018-one-contract.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- account_id: the acting account, or all zeros for what is done in none. answer: JSON; null when it held a secret that is shown once, and
    -- then made is the id of what was made.
    CREATE TABLE kept_answers (
      account_id uuid NOT NULL, caller text NOT NULL, key text NOT NULL,
      procedure text NOT NULL, content bytea NOT NULL, kept_at timestamptz NOT NULL, answer text, made text,
      PRIMARY KEY (account_id, caller, key)
    );
    CREATE INDEX kept_answers_kept_at ON kept_answers (kept_at);
    ALTER TABLE kept_answers ENABLE ROW LEVEL SECURITY;
  `.execute(db);
}

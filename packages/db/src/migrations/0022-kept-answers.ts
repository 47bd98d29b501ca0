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

    -- Callers reach the table by these doors only. Who may ask for whose answers was decided before: reach and permission of now.
    CREATE FUNCTION find_kept_answer(p_account uuid, p_caller text, p_key text, p_since timestamptz)
    RETURNS TABLE (procedure text, content bytea, kept_at timestamptz, answer text, made text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT k.procedure, k.content, k.kept_at, k.answer, k.made FROM kept_answers k
      WHERE k.account_id = p_account AND k.caller = p_caller AND k.key = p_key AND k.kept_at > p_since LIMIT 1
    $$;
    -- False: somebody else kept one. Waits for whoever is about to. One that is older than p_since gives way.
    CREATE FUNCTION keep_answer(p_account uuid, p_caller text, p_key text, p_procedure text, p_content bytea, p_at timestamptz,
      p_since timestamptz, p_answer text, p_made text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '5s' AS $$
    BEGIN
      INSERT INTO kept_answers AS k (account_id, caller, key, procedure, content, kept_at, answer, made)
      VALUES (p_account, p_caller, p_key, p_procedure, p_content, p_at, p_answer, p_made)
      ON CONFLICT (account_id, caller, key) DO UPDATE SET procedure = excluded.procedure, content = excluded.content,
        kept_at = excluded.kept_at, answer = excluded.answer, made = excluded.made WHERE k.kept_at <= p_since;
      RETURN FOUND;
    END $$;
    -- So many at the most, the oldest first, so that nothing waits for it long.
    CREATE FUNCTION forget_kept_answers(p_before timestamptz, p_most int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    DECLARE forgotten int;
    BEGIN
      DELETE FROM kept_answers WHERE ctid = ANY (ARRAY(
        SELECT k.ctid FROM kept_answers k WHERE k.kept_at <= p_before ORDER BY k.kept_at LIMIT p_most FOR UPDATE SKIP LOCKED));
      GET DIAGNOSTICS forgotten = ROW_COUNT;
      RETURN forgotten;
    END $$;
    REVOKE ALL ON FUNCTION find_kept_answer, keep_answer, forget_kept_answers FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION find_kept_answer, keep_answer, forget_kept_answers TO tenantree_serve;
    GRANT EXECUTE ON FUNCTION keep_answer TO tenantree_app;
  `.execute(db);
}

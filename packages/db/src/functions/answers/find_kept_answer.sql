-- Callers reach the table by these doors only. Who may ask for whose answers was decided before: reach and permission of now.
CREATE OR REPLACE FUNCTION find_kept_answer(p_account uuid, p_caller text, p_key text, p_since timestamptz)
RETURNS TABLE (procedure text, content bytea, kept_at timestamptz, answer text, made text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT k.procedure, k.content, k.kept_at, k.answer, k.made FROM kept_answers k
  WHERE k.account_id = p_account AND k.caller = p_caller AND k.key = p_key AND k.kept_at > p_since LIMIT 1
$$;
REVOKE ALL ON FUNCTION find_kept_answer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_kept_answer TO tenantree_serve;

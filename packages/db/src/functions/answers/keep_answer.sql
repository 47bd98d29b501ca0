-- False: somebody else kept one. Waits for whoever is about to. One that is older than p_since gives way.
CREATE OR REPLACE FUNCTION keep_answer(p_account uuid, p_caller text, p_key text, p_procedure text, p_content bytea, p_at timestamptz,
  p_since timestamptz, p_answer text, p_made text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '5s' AS $$
BEGIN
  INSERT INTO kept_answers AS k (account_id, caller, key, procedure, content, kept_at, answer, made)
  VALUES (p_account, p_caller, p_key, p_procedure, p_content, p_at, p_answer, p_made)
  ON CONFLICT (account_id, caller, key) DO UPDATE SET procedure = excluded.procedure, content = excluded.content,
    kept_at = excluded.kept_at, answer = excluded.answer, made = excluded.made WHERE k.kept_at <= p_since;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION keep_answer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_answer TO tenantree_serve, tenantree_app;

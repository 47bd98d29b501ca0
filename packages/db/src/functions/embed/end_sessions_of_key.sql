-- Ends live sessions of a key of the acting account's subtree, wherever in the tree they are.
CREATE OR REPLACE FUNCTION end_sessions_of_key(p_key uuid, p_now timestamptz) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  UPDATE embed_tokens e SET ended_at = p_now
  WHERE e.root_id = acting_root() AND e.key_id = p_key AND e.ended_at IS NULL AND e.expires_at > p_now AND (
    SELECT true FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
    WHERE k.root_id = acting_root() AND k.id = p_key AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE LIMIT 1)
  RETURNING e.id
$$;
REVOKE ALL ON FUNCTION end_sessions_of_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_sessions_of_key TO tenantree_app;

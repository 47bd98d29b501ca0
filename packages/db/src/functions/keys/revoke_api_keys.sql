-- Of an account of the acting subtree; what was made with them, wherever in the tree that is now.
CREATE OR REPLACE FUNCTION revoke_api_keys(p_account uuid, p_ids uuid[], p_now timestamptz)
RETURNS TABLE (account_id uuid, id uuid, name text, is_seen boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.* FROM revoke_generations(acting_root(), ARRAY(
    SELECT k.id FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
    WHERE k.root_id = acting_root() AND k.account_id = p_account AND k.id = ANY (p_ids) AND k.revoked_at IS NULL
      AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE), p_now) r
$$;
REVOKE ALL ON FUNCTION revoke_api_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION revoke_api_keys TO tenantree_app;

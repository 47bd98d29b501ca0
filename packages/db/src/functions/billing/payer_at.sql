-- Who paid for an account of the acting subtree at an instant, and where it stood then. No row: there was no such account yet.
CREATE OR REPLACE FUNCTION payer_at(p_account uuid, p_at timestamptz) RETURNS TABLE (payer uuid, path uuid[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  IF p_at < a.created_at THEN RETURN; END IF;
  RETURN QUERY SELECT x.payer_id, path_of(x.root_id, x.path_key) FROM (
    (SELECT p.payer_id, p.root_id, p.path_key FROM past_placements p WHERE p.account_id = p_account AND p.valid_to > p_at ORDER BY p.valid_to LIMIT 1)
    UNION ALL SELECT a.payer_id, a.root_id, a.path_key LIMIT 1) x;
END $$;
REVOKE ALL ON FUNCTION payer_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payer_at TO tenantree_app;

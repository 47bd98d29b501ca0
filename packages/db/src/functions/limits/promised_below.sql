-- Accounts below an account of the acting subtree that are promised something of a kind, closed ones, too: the deepest first, which is the order in
-- which what they are promised is taken back.
CREATE OR REPLACE FUNCTION promised_below(p_account uuid, p_kind text) RETURNS TABLE (account_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  RETURN QUERY
  WITH promised AS MATERIALIZED (SELECT b.account_id AS id FROM limits b WHERE b.root_id = a.root_id AND b.kind = p_kind AND b.reserve > 0)
  SELECT x.id FROM promised n
  CROSS JOIN LATERAL (SELECT y.id, y.depth FROM accounts y WHERE y.root_id = a.root_id AND y.id = n.id AND y.path_key > a.path_key
    AND y.path_key < a.path_key || '\xff'::bytea LIMIT 1) x
  ORDER BY x.depth DESC, x.id;
END $$;
REVOKE ALL ON FUNCTION promised_below FROM PUBLIC;
GRANT EXECUTE ON FUNCTION promised_below TO tenantree_app;

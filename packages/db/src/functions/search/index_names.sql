-- Indexes some names that are not; whoever else does it takes others. Returns how many.
CREATE OR REPLACE FUNCTION index_names(p_limit int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n int;
BEGIN
  WITH missing AS MATERIALIZED (
    SELECT s.root_id, s.account_id FROM account_search s WHERE s.tokens IS NULL LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  UPDATE account_search s SET tokens = name_tokens(a.root_id, a.search_key) FROM missing m JOIN accounts a ON a.root_id = m.root_id AND a.id = m.account_id
    WHERE s.root_id = m.root_id AND s.account_id = m.account_id;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
REVOKE ALL ON FUNCTION index_names FROM PUBLIC;
GRANT EXECUTE ON FUNCTION index_names TO tenantree_serve;

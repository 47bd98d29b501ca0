-- The numbers of the first and the last row of the acting account's tree.
CREATE OR REPLACE FUNCTION journal_extent() RETURNS TABLE (first_seq bigint, last_seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT h.first_seq, h.seq FROM journal_heads h WHERE h.root_id = acting_root()
$$;
REVOKE ALL ON FUNCTION journal_extent FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_extent TO tenantree_app;

-- Hangs the totals of a whole subtree under a parent (p_sign 1), or takes them away from it (-1). Closed accounts count as none.
CREATE OR REPLACE FUNCTION graft_totals(p_account uuid, p_version bigint, p_sign int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM graft(reached(p_account), p_version, p_sign);
END $$;
REVOKE ALL ON FUNCTION graft_totals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION graft_totals TO tenantree_app;

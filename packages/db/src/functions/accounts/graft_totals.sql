-- Hangs the totals of an account that is reopened under its parent (p_sign 1), or takes them away when it is closed (-1). Closed accounts
-- count as none, and nothing goes on in them.
CREATE OR REPLACE FUNCTION graft_totals(p_account uuid, p_version bigint, p_sign int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_sign = -1 THEN PERFORM end_leases_of(p_account, p_version); END IF;
  UPDATE tree_versions SET shape = shape + 1 WHERE root_id = acting_root();
  PERFORM graft(reached(p_account), p_version, p_sign);
END $$;
REVOKE ALL ON FUNCTION graft_totals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION graft_totals TO tenantree_app;

-- What new accounts directly below an account of the acting account's subtree begin with.
CREATE OR REPLACE FUNCTION limit_defaults_of(p_account uuid) RETURNS TABLE (kind text, cap numeric, at_limit text, thresholds smallint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM reached(p_account);
  RETURN QUERY SELECT d.kind, d.cap, d.at_limit, d.thresholds FROM limit_defaults d WHERE d.account_id = p_account ORDER BY d.kind;
END $$;
REVOKE ALL ON FUNCTION limit_defaults_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limit_defaults_of TO tenantree_app;

-- What left a place in the acting account's subtree after a version. A door: where the account is now the reader may not see.
CREATE OR REPLACE FUNCTION departures_since(p_version bigint) RETURNS TABLE (account_id uuid, root_id uuid, path_key bytea, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT j.target_id, j.root_id, j.left_key, j.version FROM journal j
  WHERE j.root_id = acting_root() AND j.left_key IS NOT NULL AND j.version > p_version AND j.left_key >= acting_key() AND j.left_key < acting_end()
  ORDER BY j.version
$$;
REVOKE ALL ON FUNCTION departures_since FROM PUBLIC;
GRANT EXECUTE ON FUNCTION departures_since TO tenantree_app;

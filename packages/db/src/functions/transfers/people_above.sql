-- Who reaches a place of a tree from above it.
CREATE OR REPLACE FUNCTION people_above(p_root uuid, p_key bytea) RETURNS uuid[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT m.user_id), '{}') FROM members m
  WHERE p_key <> '' AND m.root_id = p_root AND m.account_id = ANY (path_of(p_root, substr(p_key, 1, greatest(octet_length(p_key) - 16, 0))))
    AND m.role IN ('owner', 'admin', 'agency_admin')
$$;
REVOKE ALL ON FUNCTION people_above FROM PUBLIC;

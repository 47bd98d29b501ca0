-- Whether somebody still reaches a place when the subtree of p_top leaves: by a membership in it that doesn't end with those above.
CREATE OR REPLACE FUNCTION stays_in(p_user uuid, p_root uuid, p_key bytea, p_top bytea, p_above uuid[], p_owner uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM memberships_at(p_user, p_root, p_key) m CROSS JOIN LATERAL (
      SELECT x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = m.account_id LIMIT 1) x
    WHERE octet_length(x.path_key) >= octet_length(p_top) AND (x.path_key = p_key OR m.role IN ('owner', 'admin', 'agency_admin'))
      AND (p_user <> ALL (p_above) OR (p_user IS NOT DISTINCT FROM p_owner AND x.path_key = p_top)))
$$;
REVOKE ALL ON FUNCTION stays_in FROM PUBLIC;

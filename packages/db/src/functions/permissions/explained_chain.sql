-- The chain down to the acting account with all that explains levels in it: caps with who set which and when, and the role that somebody
-- has in each. By one statement, so that it is of one moment.
CREATE OR REPLACE FUNCTION explained_chain(p_user uuid) RETURNS TABLE (
  id uuid, root_id uuid, name text, status text, suspension_kind text, suspended_from timestamptz, suspended_until timestamptz,
  transfer_until timestamptz, created_at timestamptz, levels jsonb, marks jsonb, version int, preset_id uuid, preset_version int, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT c.id, c.root_id, c.name, c.status, c.suspension_kind, c.suspended_from, c.suspended_until, c.transfer_until, c.created_at,
    k.levels, k.marks, k.version, k.preset_id, k.preset_version, m.role
  FROM (SELECT acting_root() AS root_id, acting_key() AS path_key) a
  CROSS JOIN LATERAL generate_series(0, octet_length(a.path_key) / 16) level
  CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = a.root_id AND x.path_key = substr(a.path_key, 1, level * 16) LIMIT 1) c
  LEFT JOIN LATERAL (SELECT x.* FROM account_caps x WHERE x.account_id = c.id LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT x.role FROM members x WHERE x.root_id = c.root_id AND x.account_id = c.id AND x.user_id = p_user LIMIT 1) m ON true
  ORDER BY level
$$;
REVOKE ALL ON FUNCTION explained_chain FROM PUBLIC;
GRANT EXECUTE ON FUNCTION explained_chain TO tenantree_app;

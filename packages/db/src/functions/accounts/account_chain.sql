-- The chain from the root down to an account, with the caps of each: what decides whether somebody may enter.
CREATE OR REPLACE FUNCTION account_chain(p_account uuid) RETURNS TABLE (
  id uuid, root_id uuid, parent_id uuid, name text, depth smallint, status text,
  suspension_kind text, suspended_from timestamptz, suspended_until timestamptz,
  suspended_at timestamptz, payer_id uuid, transfer_until timestamptz, caps jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT c.id, c.root_id, c.parent_id, c.name, c.depth, c.status, c.suspension_kind, c.suspended_from, c.suspended_until,
    c.suspended_at, c.payer_id, c.transfer_until, k.levels
  FROM account_roots d
  CROSS JOIN LATERAL (SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a
  CROSS JOIN LATERAL generate_series(0, octet_length(a.path_key) / 16) level
  CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = a.root_id AND x.path_key = substr(a.path_key, 1, level * 16) LIMIT 1) c
  LEFT JOIN LATERAL (SELECT x.levels FROM account_caps x WHERE x.account_id = c.id LIMIT 1) k ON true
  WHERE d.id = p_account AND may_be_told(a.root_id, a.path_key) ORDER BY level
$$;
REVOKE ALL ON FUNCTION account_chain FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_chain TO tenantree_app, tenantree_serve;

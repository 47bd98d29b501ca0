-- A person's memberships among accounts of one tree, whose root comes first: mostly those of a path.
CREATE OR REPLACE FUNCTION memberships_on(p_user uuid, p_path uuid[]) RETURNS TABLE (account_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT m.account_id, m.role FROM unnest(p_path) p(id) CROSS JOIN LATERAL (
    SELECT x.account_id, x.role FROM members x WHERE x.user_id = p_user AND x.root_id = p_path[1] AND x.account_id = p.id
      AND x.path_key = (SELECT a.path_key FROM accounts a WHERE a.root_id = p_path[1] AND a.id = p.id) LIMIT 1
  ) m
  WHERE acting_root() IS NULL OR may_be_told_of(p_path[1], m.account_id)
$$;
REVOKE ALL ON FUNCTION memberships_on FROM PUBLIC;
GRANT EXECUTE ON FUNCTION memberships_on TO tenantree_app, tenantree_serve;

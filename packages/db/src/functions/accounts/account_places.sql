-- Where some accounts stand; those that may not be told of are left out.
CREATE OR REPLACE FUNCTION account_places(p_ids uuid[]) RETURNS TABLE (id uuid, root_id uuid, path_key bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT a.* FROM unnest(p_ids) p(id)
  CROSS JOIN LATERAL (SELECT x.root_id FROM account_roots x WHERE x.id = p.id LIMIT 1) d
  CROSS JOIN LATERAL (SELECT x.id, x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = p.id LIMIT 1) a
  WHERE may_be_told(a.root_id, a.path_key)
$$;
REVOKE ALL ON FUNCTION account_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_places TO tenantree_app, tenantree_serve;

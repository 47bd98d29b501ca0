-- The list of origins that holds for an account: of itself, or of the nearest above it that has one.
CREATE OR REPLACE FUNCTION embed_origins_of(p_account uuid) RETURNS TABLE (account_id uuid, origins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT o.account_id, o.origins FROM account_roots d
  CROSS JOIN LATERAL (SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a
  CROSS JOIN LATERAL unnest(path_of(a.root_id, a.path_key)) WITH ORDINALITY p(id, level)
  CROSS JOIN LATERAL (SELECT x.account_id, x.origins FROM embed_origins x WHERE x.account_id = p.id LIMIT 1) o
  WHERE d.id = p_account ORDER BY p.level DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION embed_origins_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed_origins_of TO tenantree_serve;

-- The blueprints that are offered in the acting account: its own and those of the accounts above it, each in its newest version; nearest first.
CREATE OR REPLACE FUNCTION blueprints_offered() RETURNS TABLE (
  account_id uuid, account_name text, id uuid, version int, name text, content jsonb, saved_by jsonb, saved_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT c.id, c.name, b.id, v.version, b.name, v.content, v.saved_by, v.saved_at
  FROM unnest(path_of(acting_root(), acting_key())) WITH ORDINALITY w(id, depth)
  CROSS JOIN LATERAL (SELECT x.id, x.name FROM accounts x WHERE x.root_id = acting_root() AND x.id = w.id LIMIT 1) c
  CROSS JOIN LATERAL (SELECT x.* FROM blueprints x WHERE x.root_id = acting_root() AND x.account_id = c.id) b
  CROSS JOIN LATERAL (
    SELECT x.* FROM blueprint_versions x WHERE x.root_id = acting_root() AND x.account_id = c.id AND x.id = b.id ORDER BY x.version DESC LIMIT 1) v
  ORDER BY w.depth DESC, b.name, b.id
$$;
REVOKE ALL ON FUNCTION blueprints_offered FROM PUBLIC;
GRANT EXECUTE ON FUNCTION blueprints_offered TO tenantree_app;

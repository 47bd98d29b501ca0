-- A version of a blueprint that is offered in the acting account; NULL: the newest.
CREATE OR REPLACE FUNCTION offered_blueprint(p_id uuid, p_version int) RETURNS TABLE (
  account_id uuid, account_name text, id uuid, version int, newest int, name text, content jsonb, saved_by jsonb, saved_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT c.id, c.name, b.id, v.version, m.version, b.name, v.content, v.saved_by, v.saved_at FROM unnest(path_of(acting_root(), acting_key())) w(id)
  CROSS JOIN LATERAL (SELECT x.id, x.name FROM accounts x WHERE x.root_id = acting_root() AND x.id = w.id LIMIT 1) c
  CROSS JOIN LATERAL (SELECT x.* FROM blueprints x WHERE x.root_id = acting_root() AND x.account_id = c.id AND x.id = p_id LIMIT 1) b
  CROSS JOIN LATERAL (SELECT max(x.version) AS version FROM blueprint_versions x WHERE x.root_id = acting_root() AND x.account_id = c.id AND x.id = b.id) m
  CROSS JOIN LATERAL (
    SELECT x.* FROM blueprint_versions x WHERE x.root_id = acting_root() AND x.account_id = c.id AND x.id = b.id AND x.version = coalesce(p_version, m.version) LIMIT 1) v
$$;
REVOKE ALL ON FUNCTION offered_blueprint FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offered_blueprint TO tenantree_app;

-- The presets that are offered in the acting account: its own and those of the accounts above it, each in its last version; nearest first.
CREATE OR REPLACE FUNCTION presets_offered() RETURNS TABLE (
  account_id uuid, account_name text, id uuid, version int, name text, levels jsonb, saved_by jsonb, saved_at timestamptz, is_default boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT c.id, c.name, p.id, p.version, p.name, p.levels, p.saved_by, p.saved_at, p.id = (
    SELECT d.preset_id FROM unnest(path_of(acting_root(), acting_key())) WITH ORDINALITY w(id, depth)
    JOIN preset_defaults d ON d.account_id = w.id
    WHERE d.preset_account = ANY (path_of(acting_root(), acting_key())) AND EXISTS (
      SELECT FROM presets o WHERE o.account_id = d.preset_account AND o.id = d.preset_id AND o.removed_at IS NULL)
    ORDER BY w.depth DESC LIMIT 1)
  FROM unnest(path_of(acting_root(), acting_key())) WITH ORDINALITY w(id, depth)
  CROSS JOIN LATERAL (SELECT x.id, x.name FROM accounts x WHERE x.root_id = acting_root() AND x.id = w.id LIMIT 1) c
  CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.id) x.* FROM presets x WHERE x.account_id = c.id AND x.removed_at IS NULL ORDER BY x.id, x.version DESC) p
  ORDER BY w.depth DESC, p.name, p.id
$$;
REVOKE ALL ON FUNCTION presets_offered FROM PUBLIC;
GRANT EXECUTE ON FUNCTION presets_offered TO tenantree_app;

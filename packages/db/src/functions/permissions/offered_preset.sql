-- A version of a preset that is offered in the acting account; NULL: the last one.
CREATE OR REPLACE FUNCTION offered_preset(p_id uuid, p_version int) RETURNS TABLE (account_id uuid, id uuid, version int, name text, levels jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT p.account_id, p.id, p.version, p.name, p.levels FROM unnest(path_of(acting_root(), acting_key())) w(id)
  CROSS JOIN LATERAL (
    SELECT x.* FROM presets x WHERE x.account_id = w.id AND x.id = p_id AND x.removed_at IS NULL AND (p_version IS NULL OR x.version = p_version)
    ORDER BY x.version DESC LIMIT 1) p
$$;
REVOKE ALL ON FUNCTION offered_preset FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offered_preset TO tenantree_app;

-- Forgets presets that were removed long ago, also as what new accounts begin with.
CREATE OR REPLACE FUNCTION forget_presets(p_before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  WITH gone AS (DELETE FROM presets WHERE removed_at <= p_before RETURNING account_id, id)
  DELETE FROM preset_defaults d USING gone g WHERE d.preset_account = g.account_id AND d.preset_id = g.id
$$;
REVOKE ALL ON FUNCTION forget_presets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_presets TO tenantree_serve;

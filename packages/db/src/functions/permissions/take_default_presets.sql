-- Gives new subaccounts of a tree the default preset of the nearest account above them that has one.
CREATE OR REPLACE FUNCTION take_default_presets(p_root uuid, p_accounts uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  WITH given AS (
    SELECT a.id, p.id AS preset_id, p.version, p.levels FROM unnest(p_accounts) n(id)
    CROSS JOIN LATERAL (SELECT x.id, x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = n.id LIMIT 1) a
    CROSS JOIN LATERAL (
      SELECT d.* FROM generate_series(octet_length(a.path_key) / 16 - 1, 0, -1) level
      CROSS JOIN LATERAL (SELECT x.id FROM accounts x WHERE x.root_id = p_root AND x.path_key = substr(a.path_key, 1, level * 16) LIMIT 1) c
      CROSS JOIN LATERAL (
        SELECT p.id, p.version, p.levels FROM preset_defaults d JOIN presets p ON p.account_id = d.preset_account AND p.id = d.preset_id
        -- After a move what stood above may not do so any more.
        WHERE d.account_id = c.id AND d.preset_account = ANY (path_of(p_root, a.path_key)) AND p.removed_at IS NULL
        ORDER BY p.version DESC LIMIT 1) d
      ORDER BY level DESC LIMIT 1) p
  ), taken AS (
    UPDATE account_caps c SET levels = g.levels, preset_id = g.preset_id, preset_version = g.version FROM given g
    WHERE c.account_id = g.id RETURNING c.account_id, c.levels
  )
  UPDATE accounts a SET caps_lowered = caps_lowered(t.levels), caps_decided = (SELECT count(*) FROM jsonb_object_keys(t.levels))
    FROM taken t WHERE a.root_id = p_root AND a.id = t.account_id;
END $$;
REVOKE ALL ON FUNCTION take_default_presets FROM PUBLIC;

-- Writes what new accounts directly below an account begin with; without a maximum they begin with none. Behind begin_tree_change.
CREATE OR REPLACE FUNCTION write_limit_default(p_account uuid, p_kind text, p_metered boolean, p_cap numeric, p_at_limit text, p_thresholds smallint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  IF p_cap IS NULL THEN
    DELETE FROM limit_defaults WHERE root_id = a.root_id AND account_id = p_account AND kind = p_kind;
    RETURN;
  END IF;
  INSERT INTO limit_defaults (root_id, account_id, kind, metered, cap, at_limit, thresholds) VALUES (a.root_id, p_account, p_kind, p_metered, p_cap, p_at_limit, p_thresholds)
    ON CONFLICT (root_id, account_id, kind) DO UPDATE SET cap = excluded.cap, at_limit = excluded.at_limit, thresholds = excluded.thresholds;
END $$;
REVOKE ALL ON FUNCTION write_limit_default FROM PUBLIC;
GRANT EXECUTE ON FUNCTION write_limit_default TO tenantree_app;

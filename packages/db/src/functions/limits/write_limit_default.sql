-- Writes what new accounts directly below an account begin with; without a maximum they begin with none. Behind begin_tree_change.
CREATE OR REPLACE FUNCTION write_limit_default(p_account uuid, p_kind text, p_metered boolean, p_cap numeric, p_at_limit text, p_thresholds smallint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM reached(p_account);
  IF p_cap IS NULL THEN
    DELETE FROM limit_defaults WHERE account_id = p_account AND kind = p_kind;
    RETURN;
  END IF;
  INSERT INTO limit_defaults (account_id, kind, metered, cap, at_limit, thresholds) VALUES (p_account, p_kind, p_metered, p_cap, p_at_limit, p_thresholds)
    ON CONFLICT (account_id, kind) DO UPDATE SET cap = excluded.cap, at_limit = excluded.at_limit, thresholds = excluded.thresholds;
END $$;
REVOKE ALL ON FUNCTION write_limit_default FROM PUBLIC;
GRANT EXECUTE ON FUNCTION write_limit_default TO tenantree_app;

-- The accounts that a function is asked to change, each once: all of the acting account's subtree. One statement for all of them, where `reached`
-- reads one.
CREATE OR REPLACE FUNCTION reached_each(p_accounts uuid[]) RETURNS TABLE (id uuid, path_key bytea, status text)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE found int;
BEGIN
  RETURN QUERY SELECT n.id, a.path_key, a.status FROM (SELECT DISTINCT x FROM unnest(p_accounts) x) n(id) CROSS JOIN LATERAL (
    SELECT x.path_key, x.status FROM accounts x
    WHERE x.root_id = acting_root() AND x.id = n.id AND (x.path_key >= acting_key() AND x.path_key < acting_end()) IS TRUE LIMIT 1) a;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found < (SELECT count(DISTINCT x) FROM unnest(p_accounts) x) THEN
    RAISE EXCEPTION 'accounts are not in the subtree of the acting account' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
REVOKE ALL ON FUNCTION reached_each FROM PUBLIC;

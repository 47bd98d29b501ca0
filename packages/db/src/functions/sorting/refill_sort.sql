-- Reads the minutes of all children of one parent again, whose rows are of no period or an earlier one, or behind. A server whose clock is
-- behind turns no parent back.
--   false: there is no such parent, or somebody else is at it
CREATE OR REPLACE FUNCTION refill_sort(p_root uuid, p_period timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET lock_timeout = '10s' AS $$
DECLARE parent uuid;
BEGIN
  PERFORM 1 FROM sorted_trees WHERE root_id = p_root FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT account_id INTO parent FROM sorted_parents
    WHERE root_id = p_root AND (period IS NULL OR period < p_period OR (is_behind AND period = p_period)) LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE account_sort_minutes s SET minutes = sort_key(n.total)
  FROM (SELECT m.account_id, t.total FROM account_sort_minutes m
    LEFT JOIN usage_totals t ON t.account_id = m.account_id AND t.meter = 'call.seconds' AND t.period = p_period
    WHERE m.parent_id = parent) n
  WHERE s.account_id = n.account_id AND s.minutes <> sort_key(n.total);
  UPDATE sorted_parents SET period = p_period, is_behind = false WHERE root_id = p_root AND account_id = parent;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION refill_sort FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refill_sort TO tenantree_serve;

-- Keys are looked up one by one, by the index, whatever the planner thinks of the tables' sizes, and with a plan of the moment: one kept
-- from when a month was nearly empty reads all of its events for every flush, which costs more than the flush.
-- Answers the indices of the keys that stand in these months.
CREATE OR REPLACE FUNCTION keys_within(p_months int[], p_accounts uuid[], p_keys text[]) RETURNS int[] LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN ARRAY(
    SELECT u.i FROM unnest(p_accounts, p_keys) WITH ORDINALITY AS u(account_id, key, i)
    JOIN usage_events e ON e.account_id = u.account_id AND e.key = u.key WHERE e.month = ANY (p_months));
END $$;
REVOKE ALL ON FUNCTION keys_within FROM PUBLIC;

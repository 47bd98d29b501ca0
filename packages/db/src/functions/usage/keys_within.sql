-- The indices of the keys that stand in these months. They are looked up one by one, as known_usage does it.
CREATE OR REPLACE FUNCTION keys_within(p_months int[], p_accounts uuid[], p_keys text[]) RETURNS int[] LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  RETURN ARRAY(
    SELECT u.i FROM unnest(p_accounts, p_keys) WITH ORDINALITY AS u(account_id, key, i)
    CROSS JOIN LATERAL (SELECT FROM usage_events x WHERE x.account_id = u.account_id AND x.key = u.key AND x.month = ANY (p_months) LIMIT 1) e);
END $$;
REVOKE ALL ON FUNCTION keys_within FROM PUBLIC;

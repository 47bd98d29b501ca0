-- What is known of the events at p_indices: 'index:duplicate' where one of the months holds the key with this content,
-- 'index:conflict' where only with another; comma separated.
CREATE OR REPLACE FUNCTION known_usage(
  p_meter text, p_kind text, p_reason text, p_months int[],
  p_accounts uuid[], p_keys text[], p_quantities numeric[], p_occurred timestamptz[], p_attributes text[], p_indices bigint[]
) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN (
    SELECT string_agg(k.i || CASE WHEN k.same THEN ':duplicate' ELSE ':conflict' END, ',' ORDER BY k.i) FROM (
      SELECT u.i, bool_or(e.meter = p_meter AND e.quantity = p_quantities[u.i] AND e.occurred_at = p_occurred[u.i]
        AND e.attributes = p_attributes[u.i]::jsonb AND e.kind = p_kind AND e.reason IS NOT DISTINCT FROM p_reason) AS same
      FROM unnest(p_accounts, p_keys) WITH ORDINALITY AS u(account_id, key, i)
      JOIN usage_events e ON e.account_id = u.account_id AND e.key = u.key
      WHERE e.month = ANY (p_months) AND u.i = ANY (p_indices) GROUP BY u.i
    ) k
  );
END $$;
REVOKE ALL ON FUNCTION known_usage FROM PUBLIC;

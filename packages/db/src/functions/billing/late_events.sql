-- The events behind a line of late usage: what an account used of a meter in a billing period while it stood where the line says, and was recorded
-- from p_after on, before p_until. Only of times at which it stood at or below the acting account.
--   p_payer          who pays the line   p_parent, p_top  what it stood directly below, and the one right below the payer on the way; NULL: none
--   p_meter          with increments behind it: each event rounded up   p_begin, p_end  a part of the period (NULL: all of it)
CREATE OR REPLACE FUNCTION late_events(
  p_payer uuid, p_for uuid, p_parent uuid, p_top uuid, p_meter text, p_period timestamptz, p_begin timestamptz, p_end timestamptz, p_after timestamptz, p_until timestamptz
) RETURNS TABLE (key text, occurred_at timestamptz, recorded_at timestamptz, kind text, reason text, agent text, quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  first numeric := nullif(split_part(split_part(p_meter, ' ', 2), '/', 1), '')::numeric;
  next numeric := nullif(split_part(p_meter, '/', 2), '')::numeric;
BEGIN
  RETURN QUERY
    WITH places AS (
      SELECT uuid_send(p.root_id) || p.path_key AS chain, p.valid_to AS until FROM past_placements p WHERE p.account_id = p_for
      UNION ALL
      SELECT uuid_send(d.root_id) || a.path_key, 'infinity' FROM account_roots d
        CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a WHERE d.id = p_for
    ), stays AS MATERIALIZED (
      SELECT p.chain, greatest(p.since, p_begin) AS since, least(p.until, p_end) AS until
      FROM (SELECT p.*, lag(p.until, 1, '-infinity') OVER (ORDER BY p.until) AS since FROM places p) p
      WHERE level_in(p.chain, acting_account()) IS NOT NULL AND level_in(p.chain, p_payer) IS NOT NULL
        AND parent_in(p.chain) = coalesce(uuid_send(p_parent), '') AND below_in(p.chain, p_payer) = coalesce(uuid_send(p_top), '')
    )
    SELECT e.key, e.occurred_at, e.recorded_at, e.kind, e.reason, e.attributes ->> 'agent',
      CASE WHEN first IS NULL OR e.quantity = 0 THEN e.quantity
        ELSE sign(e.quantity) * CASE WHEN abs(e.quantity) <= first THEN first
          -- div and mod are whole, where a quotient is rounded.
          ELSE first + (div(abs(e.quantity) - first, next) + (mod(abs(e.quantity) - first, next) > 0)::int) * next END END
    FROM stays s JOIN usage_events e ON e.account_id = p_for AND e.occurred_at >= s.since AND e.occurred_at < s.until
    WHERE e.month = month_of(p_period) AND e.meter = split_part(p_meter, ' ', 1) AND e.recorded_at >= p_after AND e.recorded_at < p_until;
END $$;
REVOKE ALL ON FUNCTION late_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION late_events TO tenantree_app;

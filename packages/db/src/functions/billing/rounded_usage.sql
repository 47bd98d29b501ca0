-- What billed_usage (of a part of the period, used_between) says, with each event rounded up before it is summed. Of that there are no totals:
-- the events of the period are read, of those accounts only, and what waits to be counted is among them. Fails where they are not kept any more.
--   p_meter  the meter with its increments behind it: 'call.seconds 60/60'   p_begin, p_end  NULL: the whole period
CREATE OR REPLACE FUNCTION rounded_usage(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz)
RETURNS TABLE (account_id uuid, name text, chain bytea, quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  counted text := split_part(p_meter, ' ', 1);
  first numeric := split_part(split_part(p_meter, ' ', 2), '/', 1)::numeric;
  next numeric := split_part(p_meter, '/', 2)::numeric;
  this_month int := month_of(p_from);
  next_period timestamptz := month_start(month_of(p_from) + 1);
BEGIN
  PERFORM reached(coalesce(p_seller, p_account));
  IF p_from < date_trunc('month', now(), 'UTC') AND NOT EXISTS (SELECT FROM usage_months WHERE month = this_month)
    AND EXISTS (SELECT FROM usage_totals t WHERE t.account_id = p_account AND t.meter = counted AND t.period = p_from) THEN
    RAISE 'The events of % are not kept any more: they can''t be rounded one by one.', p_from;
  END IF;
  RETURN QUERY
    WITH stays AS MATERIALIZED (
      SELECT p.account_id, p.name, p.chain, greatest(b.since, p_begin) AS since, least(coalesce(p.left_at, next_period), p_end) AS until
      FROM period_places(p_account, p_seller, p_from, next_period) p
      CROSS JOIN LATERAL (
        SELECT coalesce(max(b.valid_to), '-infinity') AS since FROM past_placements b
        WHERE b.account_id = p.account_id AND b.valid_to < coalesce(p.left_at, next_period)
      ) b
    )
    SELECT s.account_id, max(s.name), s.chain, sum(sign(e.quantity) * CASE WHEN abs(e.quantity) <= first THEN first
      -- div and mod are whole, where a quotient is rounded.
      ELSE first + (div(abs(e.quantity) - first, next) + (mod(abs(e.quantity) - first, next) > 0)::int) * next END)
    FROM stays s JOIN usage_events e ON e.account_id = s.account_id AND e.occurred_at >= s.since AND e.occurred_at < s.until
    WHERE e.month = this_month AND e.meter = counted AND e.quantity <> 0
    GROUP BY 1, 3;
END $$;
REVOKE ALL ON FUNCTION rounded_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rounded_usage TO tenantree_app;

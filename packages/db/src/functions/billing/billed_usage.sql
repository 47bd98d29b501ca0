-- What was used of a meter in a billing period, by account and where it stood then: what a payer pays for (p_seller NULL), or what a customer
-- of p_seller used with all below it while it was one. Reads totals and no events, so it takes the same at any number of events. What
-- waits to be counted is not in it. Only for payers and sellers at or below the acting account.
--   chain  the ids from the root of that time down to the account, 16 bytes each
CREATE OR REPLACE FUNCTION billed_usage(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz)
RETURNS TABLE (account_id uuid, chain bytea, quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  until timestamptz := month_start(month_of(p_from) + 1);
BEGIN
  PERFORM reached(coalesce(p_seller, p_account));
  RETURN QUERY
    -- Read once: of a large tree that is most of the time.
    WITH places AS MATERIALIZED (SELECT * FROM period_places(p_account, p_seller, p_from, until))
    SELECT u.account_id, u.chain, sum(u.quantity) FROM (
      SELECT p.account_id, p.chain, t.own - CASE WHEN p.came_inside THEN coalesce((
          SELECT sum(g.quantity) FROM usage_segments g WHERE g.account_id = p.account_id AND g.meter = p_meter AND g.valid_to > p_from AND g.valid_to < until
        ), 0) ELSE 0 END AS quantity
      FROM places p
      CROSS JOIN LATERAL (
        SELECT t.own FROM usage_totals t WHERE t.account_id = p.account_id AND t.meter = p_meter AND t.period = p_from AND t.own_events > 0 LIMIT 1
      ) t
      WHERE p.left_at IS NULL
      UNION ALL
      SELECT p.account_id, p.chain, g.quantity FROM places p
      CROSS JOIN LATERAL (
        SELECT g.quantity FROM usage_segments g WHERE g.account_id = p.account_id AND g.valid_to = p.left_at AND g.meter = p_meter LIMIT 1
      ) g
      WHERE p.left_at IS NOT NULL
    ) u GROUP BY 1, 2 HAVING sum(u.quantity) <> 0;
END $$;
REVOKE ALL ON FUNCTION billed_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billed_usage TO tenantree_app;

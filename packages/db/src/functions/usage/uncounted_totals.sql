-- What is still to be added to the totals of a period, by account: [own, total, own events, total events]. NULL when there is nothing,
-- as mostly, and then it costs next to nothing. One value and no rows, so that a page looks up its accounts, whatever the planner thinks.
-- Only for the accounts that stood between p_from and p_to levels below p_top, which stood at or below the acting account.
CREATE OR REPLACE FUNCTION uncounted_totals(p_meter text, p_period timestamptz, p_top uuid, p_from int, p_to int) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM uncounted_usage WHERE root_id = acting_root()) THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT jsonb_object_agg(x.id, x.sums) FROM (
      SELECT id_at(s.chain, s.level) AS id, jsonb_build_array(coalesce(sum(s.quantity) FILTER (WHERE s.is_own), 0), sum(s.quantity),
        count(*) FILTER (WHERE s.is_own), count(*)) AS sums
      FROM (
        SELECT u.chain, u.quantity, l.level, l.level * 16 = octet_length(u.chain) AS is_own
        FROM uncounted_events(acting_root(), p_meter) u
        CROSS JOIN LATERAL (SELECT level_in(u.chain, p_top) AS top, level_in(u.chain, acting_account()) AS acting) at
        CROSS JOIN LATERAL generate_series(at.top + p_from, least(at.top + p_to, octet_length(u.chain) / 16)) l(level)
        WHERE date_trunc('month', u.occurred_at, 'UTC') = p_period AND at.acting <= at.top
      ) s GROUP BY 1
    ) x
  );
END $$;
REVOKE ALL ON FUNCTION uncounted_totals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION uncounted_totals TO tenantree_app;

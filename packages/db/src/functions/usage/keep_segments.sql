-- Notes what the accounts at and below a place have used of this billing period since it began, or since they came there: called before
-- they leave it at p_at. Counted is what is recorded and not waiting, and what is counted of p_at and later goes along.
CREATE OR REPLACE FUNCTION keep_segments(p_root uuid, p_key bytea, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  leaving uuid[] := ARRAY(SELECT id FROM accounts WHERE root_id = p_root AND path_key >= p_key AND path_key < p_key || '\xff'::bytea);
  this_period timestamptz := month_start(month_of(p_at));
  next_period timestamptz := month_start(month_of(p_at) + 1);
BEGIN
  INSERT INTO usage_segments (account_id, valid_to, meter, quantity)
  SELECT u.account_id, p_at, u.meter, sum(u.quantity) FROM (
    SELECT t.account_id, t.meter, t.own AS quantity FROM usage_totals t WHERE t.account_id = ANY (leaving) AND t.period = this_period AND t.own_events > 0
    UNION ALL
    SELECT g.account_id, g.meter, -g.quantity FROM usage_segments g WHERE g.account_id = ANY (leaving) AND g.valid_to > this_period AND g.valid_to < next_period
    UNION ALL
    SELECT e.account_id, e.meter, -e.quantity FROM usage_events e
    WHERE e.month = month_of(p_at) AND e.occurred_at >= p_at AND e.occurred_at < next_period AND e.account_id = ANY (leaving)
    UNION ALL
    SELECT n.account_id, w.meter, n.quantity
    FROM uncounted_usage w CROSS JOIN LATERAL unnest(w.accounts, w.quantities, w.occurred_at) n(account_id, quantity, occurred_at)
    WHERE w.root_id = p_root AND n.occurred_at >= p_at AND n.occurred_at < next_period AND n.account_id = ANY (leaving)
  ) u GROUP BY 1, 3 HAVING sum(u.quantity) <> 0
  ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION keep_segments FROM PUBLIC;

-- What an account used with everything that was below it at the time, accounts that left since or are erased included.
CREATE OR REPLACE FUNCTION usage_of_subtree(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_starts timestamptz[])
RETURNS TABLE (bucket int, quantity numeric) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  first timestamptz := next_quarter(p_from);
  last timestamptz := quarter_of(p_to);
BEGIN
  RETURN QUERY
    SELECT width_bucket(q.quarter, p_starts), sum(q.total) FROM usage_quarters q
    WHERE q.account_id = p_account AND q.meter = p_meter AND q.quarter >= first AND q.quarter < last AND q.total <> 0 GROUP BY 1;
  RETURN QUERY
    SELECT width_bucket(n.quarter, p_starts), sum(n.total) FROM noted_quarters(acting_root(), p_meter) n
    WHERE n.account_id = p_account AND n.quarter >= first AND n.quarter < last AND n.total <> 0 GROUP BY 1;
  RETURN QUERY
    SELECT width_bucket(u.occurred_at, p_starts), sum(u.quantity) FROM uncounted_events(acting_root(), p_meter) u
    WHERE u.occurred_at >= first AND u.occurred_at < last AND level_in(u.chain, p_account) IS NOT NULL GROUP BY 1;
  IF p_from < first THEN
    RETURN QUERY SELECT e.bucket, e.quantity
      FROM events_of_stays(stays_below(p_account, p_from, least(first, p_to), true), p_meter, p_starts, 'account') e;
  END IF;
  IF last < p_to AND last >= first THEN
    RETURN QUERY SELECT e.bucket, e.quantity FROM events_of_stays(stays_below(p_account, last, p_to, true), p_meter, p_starts, 'account') e;
  END IF;
END $$;
REVOKE ALL ON FUNCTION usage_of_subtree FROM PUBLIC;

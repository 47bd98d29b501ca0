-- What billed_usage says of a customer, for a part of the period: by the instants of events. Whole quarters of an hour come from the roll-ups,
-- and only what is between an end of the part (or a move) and the next quarter is read from events: a part that begins at midnight reads none.
-- What waits to be counted is in it.
CREATE OR REPLACE FUNCTION used_between(p_customer uuid, p_seller uuid, p_meter text, p_period timestamptz, p_begin timestamptz, p_end timestamptz)
RETURNS TABLE (account_id uuid, name text, chain bytea, quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  next_period timestamptz := month_start(month_of(p_period) + 1);
  ids uuid[];
  names text[];
  sinces timestamptz[];
  untils timestamptz[];
  chains bytea[];
  starts timestamptz[];
BEGIN
  PERFORM reached(p_seller);
  SELECT coalesce(array_agg(s.account_id), '{}'), array_agg(s.name), array_agg(s.since), array_agg(s.until), array_agg(s.chain) INTO ids, names, sinces, untils, chains
  FROM (
    SELECT p.account_id, p.name, p.chain, greatest(b.since, p_begin) AS since, least(coalesce(p.left_at, next_period), p_end) AS until
    FROM period_places(p_customer, p_seller, p_period, next_period) p
    CROSS JOIN LATERAL (
      SELECT coalesce(max(b.valid_to), '-infinity') AS since FROM past_placements b
      WHERE b.account_id = p.account_id AND b.valid_to < coalesce(p.left_at, next_period)
    ) b
  ) s WHERE s.since < s.until;
  IF cardinality(ids) = 0 THEN
    RETURN;
  END IF;
  -- Stays of one account follow each other: the bucket says which of them it is.
  starts := ARRAY(SELECT DISTINCT s FROM unnest(sinces) s ORDER BY 1);
  RETURN QUERY
    SELECT s.account_id, s.name, s.chain, sum(u.quantity) FROM usage_of_stays((ids, sinces, untils)::usage_stays, p_meter, starts) u
    JOIN unnest(ids, names, sinces, untils, chains) s(account_id, name, since, until, chain)
      ON s.account_id = u.key::uuid AND starts[u.bucket] >= s.since AND starts[u.bucket] < s.until
    GROUP BY 1, 2, 3 HAVING sum(u.quantity) <> 0;
END $$;
REVOKE ALL ON FUNCTION used_between FROM PUBLIC;
GRANT EXECUTE ON FUNCTION used_between TO tenantree_app;

-- What the events of stays add up to, by bucket and account or agent. Planned for the lists it gets: they are of any length.
CREATE OR REPLACE FUNCTION events_of_stays(p_stays usage_stays, p_meter text, p_starts timestamptz[], p_by text)
RETURNS TABLE (bucket int, key text, quantity numeric)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  accounts uuid[] := (p_stays).accounts;
  sinces timestamptz[] := (p_stays).sinces;
  untils timestamptz[] := (p_stays).untils;
  first timestamptz := (SELECT min(s) FROM unnest(sinces) s);
  last timestamptz := (SELECT max(u) FROM unnest(untils) u);
BEGIN
  IF cardinality(accounts) > 0 THEN
    RETURN QUERY
      SELECT width_bucket(e.occurred_at, p_starts), CASE p_by WHEN 'agent' THEN e.attributes ->> 'agent' ELSE e.account_id::text END, sum(e.quantity)
      FROM unnest(accounts, sinces, untils) s(account_id, since, until)
      JOIN usage_events e ON e.account_id = s.account_id AND e.occurred_at >= s.since AND e.occurred_at < s.until
      WHERE e.meter = p_meter AND e.month BETWEEN month_of(first) AND month_of(last) AND e.occurred_at >= first AND e.occurred_at < last
      GROUP BY 1, 2;
  END IF;
END $$;
REVOKE ALL ON FUNCTION events_of_stays FROM PUBLIC;

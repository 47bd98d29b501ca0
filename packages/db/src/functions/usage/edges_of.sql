-- The parts of stays that are no whole quarters of an hour.
CREATE OR REPLACE FUNCTION edges_of(p_stays usage_stays) RETURNS usage_stays LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(e.account_id), '{}'), coalesce(array_agg(e.since), '{}'), coalesce(array_agg(e.until), '{}')
  FROM unnest((p_stays).accounts, (p_stays).sinces, (p_stays).untils) s(account_id, since, until)
  CROSS JOIN LATERAL (
    SELECT s.account_id, s.since, least(s.until, next_quarter(s.since))
    UNION ALL SELECT s.account_id, quarter_of(s.until), s.until WHERE quarter_of(s.until) >= next_quarter(s.since)
  ) e(account_id, since, until)
  WHERE e.since < e.until
$$;
REVOKE ALL ON FUNCTION edges_of FROM PUBLIC;

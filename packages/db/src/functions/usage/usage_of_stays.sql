-- What the stays' accounts used themselves, by bucket and account.
CREATE OR REPLACE FUNCTION usage_of_stays(p_stays usage_stays, p_meter text, p_starts timestamptz[]) RETURNS TABLE (bucket int, key text, quantity numeric)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  accounts uuid[] := (p_stays).accounts;
  sinces timestamptz[] := ARRAY(SELECT next_quarter(s) FROM unnest((p_stays).sinces) WITH ORDINALITY u(s, i) ORDER BY i);
  untils timestamptz[] := ARRAY(SELECT quarter_of(s) FROM unnest((p_stays).untils) WITH ORDINALITY u(s, i) ORDER BY i);
  first timestamptz := (SELECT min(s) FROM unnest(sinces) s);
  last timestamptz := (SELECT max(u) FROM unnest(untils) u);
BEGIN
  IF cardinality(accounts) = 0 THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT width_bucket(q.quarter, p_starts), q.account_id::text, sum(q.own)
    FROM unnest(accounts, sinces, untils) s(account_id, since, until)
    JOIN usage_quarters q ON q.account_id = s.account_id AND q.quarter >= s.since AND q.quarter < s.until
    WHERE q.meter = p_meter AND q.own <> 0 AND q.quarter >= first AND q.quarter < last GROUP BY 1, 2;
  RETURN QUERY
    SELECT width_bucket(n.quarter, p_starts), n.account_id::text, sum(n.own) FROM noted_quarters(acting_root(), p_meter) n
    JOIN unnest(accounts, sinces, untils) s(account_id, since, until)
      ON n.account_id = s.account_id AND n.quarter >= s.since AND n.quarter < s.until WHERE n.own <> 0 GROUP BY 1, 2;
  RETURN QUERY
    SELECT width_bucket(u.occurred_at, p_starts), u.account_id::text, sum(u.quantity)
    FROM uncounted_events(acting_root(), p_meter) u
    JOIN unnest(accounts, sinces, untils) s(account_id, since, until)
      ON u.account_id = s.account_id AND u.occurred_at >= s.since AND u.occurred_at < s.until GROUP BY 1, 2;
  RETURN QUERY SELECT * FROM events_of_stays(edges_of(p_stays), p_meter, p_starts, 'account');
END $$;
REVOKE ALL ON FUNCTION usage_of_stays FROM PUBLIC;

-- Which events of a batch come in over a limit (rules/limits 13): counted use of their billing period stands at a maximum of their account, or of one
-- above, already; or they are more than what was granted to them. Null: none; otherwise for each event. Trees in which nothing stands at a maximum
-- cost one look at an index.
--   p_grants  as in record_usage, or null
CREATE OR REPLACE FUNCTION over_limits(p_meter text, p_now timestamptz, p_roots uuid[], p_accounts uuid[], p_quantities numeric[], p_occurred timestamptz[], p_grants text[])
RETURNS boolean[] LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  this_period timestamptz := month_start(month_of(p_now));
  full_ones boolean := EXISTS (SELECT FROM unnest(p_roots) r(id) CROSS JOIN LATERAL (
    (SELECT true FROM limits x WHERE x.root_id = r.id AND x.kind = p_meter AND x.full_in = this_period LIMIT 1)
    UNION ALL (SELECT true FROM limits x WHERE x.root_id = r.id AND x.kind = p_meter AND x.cap = 0 LIMIT 1)) f);
  late_ones boolean := EXISTS (SELECT FROM unnest(p_roots) r(id) CROSS JOIN LATERAL (SELECT FROM limits x WHERE x.root_id = r.id AND x.kind = p_meter LIMIT 1) f)
    AND EXISTS (SELECT FROM unnest(p_occurred) o WHERE o < this_period);
  over int[]; event int; answer boolean[];
BEGIN
  IF NOT full_ones AND NOT late_ones AND p_grants IS NULL THEN RETURN NULL; END IF;
  IF full_ones OR late_ones THEN
    -- Whoever stands above many of them is looked up once. Of a month that is over the marks say nothing: its totals do.
    WITH named AS (
      SELECT u.account_id, CASE WHEN u.occurred >= this_period THEN this_period ELSE date_trunc('month', u.occurred, 'UTC') END AS period, array_agg(u.i::int) AS events
      FROM unnest(p_accounts, p_occurred) WITH ORDINALITY u(account_id, occurred, i) GROUP BY 1, 2
    ), places AS (
      SELECT n.events, n.period, d.root_id, path_of(d.root_id, x.path_key) AS path FROM named n
      CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = n.account_id LIMIT 1) d
      CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = n.account_id LIMIT 1) x
    ), steps AS (
      SELECT p.root_id, s.id, p.period, array_agg(e.i) AS events FROM places p CROSS JOIN LATERAL unnest(p.path) s(id) CROSS JOIN LATERAL unnest(p.events) e(i) GROUP BY 1, 2, 3
    )
    SELECT array_agg(e.i) INTO over FROM steps s
    CROSS JOIN LATERAL (SELECT x.cap, x.full_in FROM limits x WHERE x.root_id = s.root_id AND x.account_id = s.id AND x.kind = p_meter AND x.cap IS NOT NULL LIMIT 1) b
    CROSS JOIN LATERAL unnest(s.events) e(i)
    WHERE b.cap = 0 OR b.full_in = s.period OR (s.period < this_period AND b.cap <= (
      SELECT q.total FROM usage_totals q WHERE q.account_id = s.id AND q.meter = p_meter AND q.period = s.period LIMIT 1));
  END IF;
  IF p_grants IS NOT NULL THEN
    over := over || ARRAY(
      SELECT e.i FROM (
        SELECT u.account_id, u.key, sum(u.quantity) AS used, array_agg(u.i::int) AS events
        FROM unnest(p_accounts, p_grants, p_quantities) WITH ORDINALITY u(account_id, key, quantity, i) WHERE u.key <> '' GROUP BY 1, 2
      ) g
      CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = g.account_id LIMIT 1) d
      CROSS JOIN LATERAL (SELECT x.n FROM leases x WHERE x.root_id = d.root_id AND x.account_id = g.account_id AND x.key = g.key AND x.kind = p_meter LIMIT 1) l
      CROSS JOIN LATERAL unnest(g.events) e(i) WHERE g.used > l.n);
  END IF;
  IF coalesce(cardinality(over), 0) = 0 THEN RETURN NULL; END IF;
  answer := array_fill(false, ARRAY[cardinality(p_accounts)]);
  FOREACH event IN ARRAY over LOOP answer[event] := true; END LOOP;
  RETURN answer;
END $$;
REVOKE ALL ON FUNCTION over_limits FROM PUBLIC;

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
  over_at uuid[] := '{}'; over_in timestamptz[] := '{}';
  over_grants text[] := '{}'; grants_of uuid[] := '{}';
BEGIN
  IF NOT full_ones AND NOT late_ones AND p_grants IS NULL THEN RETURN NULL; END IF;
  IF full_ones OR late_ones THEN
    -- Of a month that is over the marks say nothing: its totals do.
    SELECT coalesce(array_agg(n.account_id), '{}'), coalesce(array_agg(n.period), '{}') INTO over_at, over_in FROM (
      SELECT DISTINCT u.account_id, CASE WHEN u.occurred >= this_period THEN this_period ELSE date_trunc('month', u.occurred, 'UTC') END AS period
      FROM unnest(p_accounts, p_occurred) u(account_id, occurred)
    ) n
    CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = n.account_id LIMIT 1) d
    CROSS JOIN LATERAL (SELECT path_of(d.root_id, x.path_key) AS path FROM accounts x WHERE x.root_id = d.root_id AND x.id = n.account_id LIMIT 1) p
    WHERE EXISTS (SELECT FROM unnest(p.path) c(id)
      CROSS JOIN LATERAL (SELECT x.cap, x.full_in FROM limits x WHERE x.root_id = d.root_id AND x.account_id = c.id AND x.kind = p_meter AND x.cap IS NOT NULL LIMIT 1) b
      WHERE b.cap = 0 OR b.full_in = n.period OR (n.period < this_period AND b.cap <= (
        SELECT q.total FROM usage_totals q WHERE q.account_id = c.id AND q.meter = p_meter AND q.period = n.period LIMIT 1)));
  END IF;
  IF p_grants IS NOT NULL THEN
    SELECT coalesce(array_agg(g.account_id), '{}'), coalesce(array_agg(g.key), '{}') INTO grants_of, over_grants FROM (
      SELECT u.account_id, u.key, sum(u.quantity) AS used FROM unnest(p_accounts, p_grants, p_quantities) u(account_id, key, quantity) WHERE u.key <> '' GROUP BY 1, 2
    ) g
    CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = g.account_id LIMIT 1) d
    CROSS JOIN LATERAL (SELECT x.n FROM leases x WHERE x.root_id = d.root_id AND x.account_id = g.account_id AND x.key = g.key AND x.kind = p_meter LIMIT 1) l
    WHERE g.used > l.n;
  END IF;
  IF cardinality(over_at) + cardinality(grants_of) = 0 THEN RETURN NULL; END IF;
  RETURN (
    SELECT array_agg(EXISTS (SELECT FROM unnest(over_at, over_in) o(id, period) WHERE o.id = u.account_id
        AND o.period = CASE WHEN u.occurred >= this_period THEN this_period ELSE date_trunc('month', u.occurred, 'UTC') END)
      OR EXISTS (SELECT FROM unnest(grants_of, over_grants) o(id, key) WHERE o.id = u.account_id AND o.key = u.grant_key) ORDER BY u.i)
    FROM unnest(p_accounts, p_occurred, p_grants) WITH ORDINALITY u(account_id, occurred, grant_key, i));
END $$;
REVOKE ALL ON FUNCTION over_limits FROM PUBLIC;

-- What is set, used and held along the ways down to some accounts: a row for each account and kind of which there is anything, the root first.
-- The accounts are of the acting account's subtree; of those above that one, too, for what decides stands there as well.
--   p_period  the billing period of metered kinds
CREATE OR REPLACE FUNCTION limits_of(p_accounts uuid[], p_period timestamptz) RETURNS TABLE (
  account_id uuid, name text, level int, kind text, cap numeric, reserve numeric, promised numeric, at_limit text, thresholds smallint[], version int,
  own numeric, used numeric, held numeric, fired smallint, next_reserve numeric, next_promised numeric, plan_cap numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE root uuid := acting_root();
BEGIN
  RETURN QUERY
  SELECT c.id, x.name, c.level::int, k.kind, b.cap, coalesce(b.reserve, 0), coalesce(b.promised, 0), coalesce(b.at_limit, 'block'), coalesce(b.thresholds, '{}'),
    coalesce(b.version, 0), coalesce(t.own, 0) + coalesce(q.own, 0), coalesce(t.total, 0) + coalesce(q.total, 0), coalesce(t.held, b.promised, 0), coalesce(t.fired, 0::smallint),
    coalesce(b.next_reserve, 0), coalesce(b.next_promised, 0), b.plan_cap
  FROM (
    SELECT DISTINCT c.id, c.level FROM reached_each(p_accounts) a
    CROSS JOIN LATERAL unnest(path_of(root, a.path_key)) WITH ORDINALITY c(id, level)) c
  CROSS JOIN LATERAL (SELECT y.name FROM accounts y WHERE y.root_id = root AND y.id = c.id LIMIT 1) x
  CROSS JOIN LATERAL (
    SELECT y.kind FROM limits y WHERE y.root_id = root AND y.account_id = c.id
    UNION SELECT y.resource FROM resource_totals y WHERE y.account_id = c.id AND y.period IN ('-infinity', p_period)
    UNION SELECT y.meter FROM usage_totals y WHERE y.account_id = c.id AND y.period = p_period) k
  LEFT JOIN LATERAL (SELECT y.* FROM limits y WHERE y.root_id = root AND y.account_id = c.id AND y.kind = k.kind LIMIT 1) b ON true
  LEFT JOIN LATERAL (SELECT y.own, y.total FROM usage_totals y WHERE y.account_id = c.id AND y.meter = k.kind AND y.period = p_period LIMIT 1) q ON true
  LEFT JOIN LATERAL (
    SELECT y.own, y.total, y.held, y.fired FROM resource_totals y WHERE y.account_id = c.id AND y.resource = k.kind
      AND y.period IN ('-infinity', p_period) ORDER BY y.period DESC LIMIT 1) t ON true
  ORDER BY c.level;
END $$;
REVOKE ALL ON FUNCTION limits_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limits_of TO tenantree_app;

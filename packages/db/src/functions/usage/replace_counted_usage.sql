-- Takes what is counted of the accounts at and below p_old_key, of p_from and later, from the totals and roll-ups of the ancestors that
-- are left, and gives it to those that are new; what their limits hold follows. Called before the accounts get their new places.
--   target            those who will stand above, root first; none of who becomes a main account
--   p_target_root     the tree that they come to, mostly the same, and its version
CREATE OR REPLACE FUNCTION replace_counted_usage(
  p_root uuid, p_old_key bytea, target uuid[], p_from timestamptz, p_version bigint, p_target_root uuid, p_target_version bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  moved uuid[] := ARRAY(SELECT id FROM accounts WHERE root_id = p_root AND path_key >= p_old_key AND path_key < p_old_key || '\xff'::bytea);
  above uuid[] := CASE WHEN p_old_key = '' THEN '{}' ELSE path_of(p_root, substr(p_old_key, 1, greatest(octet_length(p_old_key) - 16, 0))) END;
  counted record;
BEGIN
  -- Counted is what is recorded and not waiting; both are read by one statement. The block range index finds these minutes: 3 ms with
  -- a million events in the subtree.
  FOR counted IN
    SELECT l.meter, array_agg(l.quarter) AS quarters, array_agg(l.quantity) AS quantities, array_agg(l.events) AS events FROM (
      SELECT b.meter, b.quarter, sum(b.quantity) AS quantity, sum(b.events) AS events FROM (
        SELECT e.meter, quarter_of(e.occurred_at) AS quarter, e.quantity, 1 AS events
        FROM usage_events e WHERE e.month >= month_of(p_from) AND e.occurred_at >= p_from AND e.account_id = ANY (moved)
        UNION ALL
        SELECT w.meter, quarter_of(n.occurred_at), -n.quantity, -1
        FROM uncounted_usage w CROSS JOIN LATERAL unnest(w.accounts, w.quantities, w.occurred_at) n(account_id, quantity, occurred_at)
        WHERE w.root_id = p_root AND n.occurred_at >= p_from AND n.account_id = ANY (moved)
      ) b GROUP BY 1, 2 HAVING sum(b.events) > 0
    ) l GROUP BY 1
  LOOP
    INSERT INTO usage_totals AS t (account_id, meter, period, own, total, own_events, total_events, version, tells_at)
    SELECT x.id, counted.meter, date_trunc('month', c.quarter, 'UTC'), 0, sum(x.sign * c.quantity), 0, sum(x.sign * c.events),
      CASE WHEN x.sign = 1 THEN p_target_version ELSE p_version END, 0
    FROM unnest(counted.quarters, counted.quantities, counted.events) c(quarter, quantity, events) CROSS JOIN changed_ancestors(above, target) x
    GROUP BY x.id, x.level, x.sign, 3 ORDER BY x.level DESC, x.id, 3
    ON CONFLICT (account_id, meter, period) DO UPDATE SET total = t.total + excluded.total, total_events = t.total_events + excluded.total_events,
      version = excluded.version, tells_at = excluded.tells_at;
    PERFORM add_to_quarters(counted.meter, array_agg(x.id), array_agg(c.quarter), array_agg(0::numeric), array_agg(x.sign * c.quantity))
      FROM unnest(counted.quarters, counted.quantities) c(quarter, quantity) CROSS JOIN changed_ancestors(above, target) x;
    PERFORM replace_held(o.root, counted.meter, s.period, o.gone, o.come, s.n) FROM (
      SELECT date_trunc('month', c.quarter, 'UTC') AS period, sum(c.quantity) AS n FROM unnest(counted.quarters, counted.quantities) c(quarter, quantity)
      GROUP BY 1 ORDER BY 1) s
    CROSS JOIN (
      SELECT p_root AS root, above AS gone, CASE WHEN p_target_root = p_root THEN target ELSE '{}' END AS come
      UNION ALL SELECT p_target_root, '{}', target WHERE p_target_root <> p_root AND cardinality(target) > 0) o;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION replace_counted_usage FROM PUBLIC;

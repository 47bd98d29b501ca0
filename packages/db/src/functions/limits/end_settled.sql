-- What a count means to limits: leases that recorded usage named are over, and what is used and held follows from what was counted; thresholds
-- are judged here, and who is near a maximum, or at it, is marked. After the totals are written, so that whoever admits reads both or neither.
--   p_ids, p_added, p_totals  accounts whose usage of the period was counted: by how much, and what it is now; those of which nothing follows for
--                             limits may be left out
--   p_looks                   at which of them a threshold may tell, or a mark change (usage_totals.tells_at)
--   p_ended                   leases to end, as [account, key]
--   alerts  rows for the journal
--   near    'account 1' of those that came near their maximum, 'account 0' of those that fell back
-- Planned anew each time: lists are of a few accounts or of thousands, and joined as if of few they take seconds.
CREATE OR REPLACE FUNCTION end_settled(p_root uuid, p_kind text, p_period timestamptz, p_ids uuid[], p_added numeric[], p_totals numeric[], p_looks boolean[], p_ended jsonb, OUT alerts jsonb, OUT near text)
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  gone uuid[]; gone_period timestamptz[]; gone_n numeric[]; of_period timestamptz;
  ids uuid[]; ups int[]; freed numeric[]; added numeric[]; totals numeric[]; grants numeric[]; helds numeric[]; before numeric[]; reserves numeric[];
  at_tid tid[]; marks smallint[]; l numeric; u numeric; s numeric;
  marked uuid[]; marked_totals numeric[]; told uuid[]; told_marks smallint[]; alert_ids uuid[]; alert_marks smallint[];
BEGIN
  WITH del AS (
    DELETE FROM leases g USING (
      SELECT (e.x ->> 0)::uuid AS account_id, e.x ->> 1 AS key FROM jsonb_array_elements(p_ended) e(x) ORDER BY 1, 2) e
    WHERE g.root_id = p_root AND g.account_id = e.account_id AND g.key = e.key AND g.kind = p_kind AND g.settling RETURNING g.account_id, g.period, g.n
  ) SELECT array_agg(d.account_id), array_agg(d.period), array_agg(d.n) INTO gone, gone_period, gone_n FROM del d;

  -- Mostly nobody is looked at. What is told here nobody else writes: whoever counts a tree is alone, and whoever sets a limit is alone in it.
  WITH looked AS MATERIALIZED (
    SELECT c.id, c.total, j.fired, j.told, coalesce(t.fired, 0) AS fired_before, next_look(b.thresholds, b.cap, j.fired, c.total) AS next, b.cap, b.marked, q.at
    FROM unnest(p_ids, p_added, p_totals, p_looks) c(id, added, total, look)
    CROSS JOIN LATERAL (
      SELECT x.cap, x.thresholds, level_marked(x, p_period) AS marked FROM limits x WHERE x.root_id = p_root AND x.account_id = c.id AND x.kind = p_kind AND x.cap IS NOT NULL LIMIT 1) b
    LEFT JOIN LATERAL (SELECT r.fired FROM resource_totals r WHERE r.account_id = c.id AND r.resource = p_kind AND r.period = p_period LIMIT 1) t ON true
    CROSS JOIN LATERAL (SELECT x.ctid AS at FROM usage_totals x WHERE x.account_id = c.id AND x.meter = p_kind AND x.period = p_period LIMIT 1) q
    CROSS JOIN LATERAL judge_thresholds(b.thresholds, b.cap, coalesce(t.fired, 0::smallint), least(c.total, c.total - c.added), c.total) j
    WHERE c.look
  ), noted AS (
    UPDATE usage_totals t SET tells_at = k.next FROM looked k WHERE t.ctid = k.at
  ), told_all AS (
    SELECT k.id, m.mark, m.n FROM looked k CROSS JOIN LATERAL unnest(k.told) WITH ORDINALITY m(mark, n)
  )
  SELECT array_agg(k.id) FILTER (WHERE k.marked <> level_reached(k.total, k.cap)), array_agg(k.total) FILTER (WHERE k.marked <> level_reached(k.total, k.cap)),
    coalesce(array_agg(k.id) FILTER (WHERE k.fired <> k.fired_before), '{}'), array_agg(k.fired) FILTER (WHERE k.fired <> k.fired_before),
    (SELECT array_agg(a.id ORDER BY a.id, a.n) FROM told_all a), (SELECT array_agg(a.mark ORDER BY a.id, a.n) FROM told_all a),
    string_agg(concat(k.id, ' ', (level_reached(k.total, k.cap) > 0)::int), ',' ORDER BY k.id) FILTER (WHERE (k.marked > 0) <> (level_reached(k.total, k.cap) > 0))
  INTO marked, marked_totals, told, told_marks, alert_ids, alert_marks, near FROM looked k;
  PERFORM mark_limits(p_root, marked, p_kind, p_period, marked_totals);

  FOR of_period IN SELECT DISTINCT p FROM unnest(gone_period || p_period) p ORDER BY p LOOP
    -- Counters of those whose leases ended, and of those who give or hold promises, with all above them; in the one order of locks.
    WITH named AS (
      SELECT x.id, sum(x.n) AS n, max(x.mark) AS mark FROM (
        SELECT g.id, g.n, NULL::smallint AS mark FROM unnest(gone, gone_period, gone_n) g(id, period, n) WHERE g.period = of_period
        UNION ALL SELECT c.id, 0, NULL FROM unnest(p_ids) c(id) CROSS JOIN LATERAL (
          SELECT b.kind FROM limits b WHERE b.root_id = p_root AND b.account_id = c.id AND b.kind = p_kind AND (b.reserve > 0 OR b.promised > 0) LIMIT 1) b
        WHERE of_period = p_period
        UNION ALL SELECT t.id, 0, t.mark FROM unnest(told, told_marks) t(id, mark) WHERE of_period = p_period
      ) x GROUP BY x.id
    ), steps AS (
      SELECT s.id, max(s.level) AS level, any_value(p.path[s.level - 1]) AS up, sum(n.n) AS n, sum(n.n) FILTER (WHERE s.id = n.id) AS own,
        max(n.mark) FILTER (WHERE s.id = n.id) AS mark
      FROM named n CROSS JOIN LATERAL (SELECT path_of(p_root, x.path_key) AS path FROM accounts x WHERE x.root_id = p_root AND x.id = n.id LIMIT 1) p
      CROSS JOIN LATERAL unnest(p.path) WITH ORDINALITY s(id, level) GROUP BY s.id
    ), nodes AS MATERIALIZED (
      SELECT s.*, (row_number() OVER (ORDER BY s.level DESC, s.id))::int AS i FROM steps s
    ), written AS (
      INSERT INTO resource_totals AS r (account_id, resource, period, own, total, held)
      SELECT n.id, p_kind, of_period, -coalesce(n.own, 0), -n.n, coalesce((SELECT b.promised FROM limits b WHERE b.root_id = p_root AND b.account_id = n.id AND b.kind = p_kind LIMIT 1), 0)
      FROM nodes n ORDER BY n.i
      ON CONFLICT (account_id, resource, period) DO UPDATE SET own = r.own + excluded.own, total = r.total + excluded.total
      RETURNING r.account_id, r.total, r.held, r.ctid AS at
    )
    SELECT array_agg(n.id ORDER BY n.i), array_agg(coalesce(m.i, 0) ORDER BY n.i), array_agg(n.n ORDER BY n.i), array_agg(w.total ORDER BY n.i), array_agg(w.held ORDER BY n.i),
      array_agg(coalesce(b.reserve, 0) ORDER BY n.i), array_agg(coalesce(c.added, 0) ORDER BY n.i), array_agg(coalesce(q.total, 0) ORDER BY n.i),
      array_agg(w.at ORDER BY n.i), array_agg(n.mark ORDER BY n.i)
    INTO ids, ups, freed, grants, helds, reserves, added, totals, at_tid, marks
    FROM nodes n JOIN written w ON w.account_id = n.id LEFT JOIN nodes m ON m.id = n.up
    LEFT JOIN LATERAL (SELECT x.reserve FROM limits x WHERE x.root_id = p_root AND x.account_id = n.id AND x.kind = p_kind LIMIT 1) b ON true
    LEFT JOIN unnest(p_ids, p_added) c(id, added) ON c.id = n.id AND of_period = p_period
    LEFT JOIN LATERAL (SELECT x.total FROM usage_totals x WHERE x.account_id = n.id AND x.meter = p_kind AND x.period = of_period LIMIT 1) q ON true;
    before := helds;
    FOR k IN 1..coalesce(cardinality(ids), 0) LOOP
      CONTINUE WHEN ups[k] = 0;
      s := added[k] - freed[k];
      u := totals[k] + grants[k] + helds[k];
      l := totals[k] + grants[k] - s + before[k];
      helds[ups[k]] := helds[ups[k]] + greatest(reserves[k], u) - greatest(reserves[k], l) - s;
    END LOOP;
    UPDATE resource_totals r SET held = x.held, fired = coalesce(x.mark, r.fired) FROM unnest(at_tid, helds, before, marks) x(at, held, before, mark)
      WHERE (x.held <> x.before OR x.mark IS NOT NULL) AND r.ctid = x.at;
  END LOOP;
  alerts := coalesce(alert_rows(p_root, p_kind, alert_ids, alert_marks), '[]');
END $$;
REVOKE ALL ON FUNCTION end_settled FROM PUBLIC;

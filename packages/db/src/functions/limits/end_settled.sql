-- What a count means to limits: leases that recorded usage named are over, and what is used and held follows from what was counted; thresholds
-- are judged here, and who is near a maximum, or at it, is marked. After the totals are written, so that whoever admits reads both or neither.
--   p_ids, p_added, p_totals  accounts whose usage of the period was counted: by how much, and what it is now
--   p_ended                   leases to end, as [account, key, period]
--   alerts  rows for the journal
--   near    'account 1' of those that came near their maximum, 'account 0' of those that fell back
CREATE OR REPLACE FUNCTION end_settled(p_root uuid, p_kind text, p_period timestamptz, p_ids uuid[], p_added numeric[], p_totals numeric[], p_ended jsonb, OUT alerts jsonb, OUT near text)
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  gone uuid[]; gone_period timestamptz[]; gone_n numeric[]; of_period timestamptz;
  ids uuid[]; ups int[]; freed numeric[]; added numeric[]; totals numeric[]; grants numeric[]; helds numeric[]; before numeric[]; reserves numeric[];
  l numeric; u numeric; s numeric; one record; judged record; mark smallint; reached int;
  turned text[] := '{}'; told uuid[] := '{}'; told_marks smallint[] := '{}'; alert_ids uuid[] := '{}'; alert_marks smallint[] := '{}';
BEGIN
  WITH del AS (
    DELETE FROM leases g USING (
      SELECT (e.x ->> 0)::uuid AS account_id, e.x ->> 1 AS key FROM jsonb_array_elements(p_ended) e(x) ORDER BY 1, 2) e
    WHERE g.root_id = p_root AND g.account_id = e.account_id AND g.key = e.key AND g.kind = p_kind AND g.settling RETURNING g.account_id, g.period, g.n
  ) SELECT array_agg(d.account_id), array_agg(d.period), array_agg(d.n) INTO gone, gone_period, gone_n FROM del d;

  -- What these have told nobody else writes: whoever counts a tree is alone, and whoever sets a limit is alone in it.
  FOR one IN
    SELECT c.id, c.added, c.total, b.cap, b.thresholds, b.marked, coalesce(t.fired, 0::smallint) AS fired FROM unnest(p_ids, p_added, p_totals) c(id, added, total)
    CROSS JOIN LATERAL (SELECT x.cap, x.thresholds, level_marked(x, p_period) AS marked FROM limits x WHERE x.root_id = p_root AND x.account_id = c.id AND x.kind = p_kind AND x.cap IS NOT NULL LIMIT 1) b
    LEFT JOIN LATERAL (SELECT r.fired FROM resource_totals r WHERE r.root_id = p_root AND r.account_id = c.id AND r.resource = p_kind AND r.period = p_period LIMIT 1) t ON true
    WHERE t.fired > 0 OR 100 * c.total >= b.thresholds[1] * b.cap OR b.marked <> level_reached(c.total, b.cap) ORDER BY c.id
  LOOP
    reached := level_reached(one.total, one.cap);
    IF one.marked <> reached THEN PERFORM mark_limit(p_root, one.id, p_kind, p_period, one.total); END IF;
    IF (one.marked > 0) <> (reached > 0) THEN turned := turned || concat(one.id, ' ', (reached > 0)::int); END IF;
    judged := judge_thresholds(one.thresholds, one.cap, one.fired, least(one.total, one.total - one.added), one.total);
    CONTINUE WHEN judged.fired = one.fired;
    told := told || one.id; told_marks := told_marks || judged.fired;
    FOREACH mark IN ARRAY judged.told LOOP alert_ids := alert_ids || one.id; alert_marks := alert_marks || mark; END LOOP;
  END LOOP;

  FOR of_period IN SELECT DISTINCT p FROM unnest(gone_period || p_period) p ORDER BY p LOOP
    -- Counters of those whose leases ended, and of those who give or hold promises, with all above them; in the one order of locks.
    WITH named AS (
      SELECT x.id, sum(x.n) AS n FROM (
        SELECT g.id, g.n FROM unnest(gone, gone_period, gone_n) g(id, period, n) WHERE g.period = of_period
        UNION ALL SELECT c.id, 0 FROM unnest(p_ids) c(id) CROSS JOIN LATERAL (
          SELECT b.kind FROM limits b WHERE b.root_id = p_root AND b.account_id = c.id AND b.kind = p_kind AND (b.reserve > 0 OR b.promised > 0) LIMIT 1) b
        WHERE of_period = p_period
        UNION ALL SELECT t.id, 0 FROM unnest(told) t(id) WHERE of_period = p_period
      ) x GROUP BY x.id
    ), steps AS (
      SELECT s.id, max(s.level) AS level, any_value(p.path[s.level - 1]) AS up, sum(n.n) AS n, sum(n.n) FILTER (WHERE s.id = n.id) AS own
      FROM named n CROSS JOIN LATERAL (SELECT path_of(p_root, x.path_key) AS path FROM accounts x WHERE x.root_id = p_root AND x.id = n.id LIMIT 1) p
      CROSS JOIN LATERAL unnest(p.path) WITH ORDINALITY s(id, level) GROUP BY s.id
    ), nodes AS MATERIALIZED (
      SELECT s.*, (row_number() OVER (ORDER BY s.level DESC, s.id))::int AS i FROM steps s
    ), written AS (
      INSERT INTO resource_totals AS r (root_id, account_id, resource, period, own, total, held)
      SELECT p_root, n.id, p_kind, of_period, -coalesce(n.own, 0), -n.n, coalesce((SELECT b.promised FROM limits b WHERE b.root_id = p_root AND b.account_id = n.id AND b.kind = p_kind LIMIT 1), 0)
      FROM nodes n ORDER BY n.i
      ON CONFLICT (root_id, account_id, resource, period) DO UPDATE SET own = r.own + excluded.own, total = r.total + excluded.total
      RETURNING r.account_id, r.total, r.held
    )
    SELECT array_agg(n.id ORDER BY n.i), array_agg(coalesce(m.i, 0) ORDER BY n.i), array_agg(n.n ORDER BY n.i), array_agg(w.total ORDER BY n.i), array_agg(w.held ORDER BY n.i),
      array_agg(coalesce(b.reserve, 0) ORDER BY n.i), array_agg(coalesce(c.added, 0) ORDER BY n.i), array_agg(coalesce(q.total, 0) ORDER BY n.i)
    INTO ids, ups, freed, grants, helds, reserves, added, totals
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
    UPDATE resource_totals r SET held = x.held FROM unnest(ids, helds, before) x(id, held, before)
      WHERE x.held <> x.before AND r.root_id = p_root AND r.account_id = x.id AND r.resource = p_kind AND r.period = of_period;
  END LOOP;

  UPDATE resource_totals r SET fired = x.fired FROM unnest(told, told_marks) x(id, fired)
    WHERE r.root_id = p_root AND r.account_id = x.id AND r.resource = p_kind AND r.period = p_period;
  alerts := coalesce(alert_rows(p_root, p_kind, alert_ids, alert_marks), '[]');
  near := nullif(array_to_string(turned, ','), '');
END $$;
REVOKE ALL ON FUNCTION end_settled FROM PUBLIC;

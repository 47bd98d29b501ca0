-- What follows for limits where counted usage of a billing period went from those above one place to those above another: what is held up there,
-- and which thresholds it reaches. In a move, when the totals are written already; the thresholds wait for its end (end_change).
--   p_left, p_new  those above, root first
--   p_n            what the first have less, and the second more
CREATE OR REPLACE FUNCTION replace_held(p_root uuid, p_kind text, p_period timestamptz, p_left uuid[], p_new uuid[], p_n numeric) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  chain uuid[]; n numeric; d numeric; l numeric; more numeric; rest numeric; fired_now smallint;
  one record; judged record;
BEGIN
  IF NOT EXISTS (SELECT FROM limits WHERE root_id = p_root AND kind = p_kind) THEN RETURN; END IF;
  PERFORM touch_totals(p_root, p_kind, p_period, ARRAY(SELECT c.id FROM (
    SELECT u.id, u.level FROM unnest(p_left) WITH ORDINALITY u(id, level) UNION SELECT u.id, u.level FROM unnest(p_new) WITH ORDINALITY u(id, level)
  ) c ORDER BY c.level DESC, c.id));
  -- One place after the other. Those above both have less in between.
  FOR side IN 1..2 LOOP
    chain := CASE side WHEN 1 THEN p_left ELSE p_new END;
    n := CASE side WHEN 1 THEN -p_n ELSE p_n END;
    d := n;
    FOR level IN REVERSE cardinality(chain)..1 LOOP
      SELECT r.held, r.fired, r.total AS granted, coalesce(q.total, 0) AS counted, coalesce(b.reserve, 0) AS reserve, b.cap, coalesce(b.thresholds, '{}') AS thresholds INTO one
      FROM resource_totals r
      LEFT JOIN LATERAL (SELECT x.total FROM usage_totals x WHERE x.account_id = r.account_id AND x.meter = p_kind AND x.period = p_period LIMIT 1) q ON true
      LEFT JOIN LATERAL (SELECT x.* FROM limits x WHERE x.root_id = p_root AND x.account_id = r.account_id AND x.kind = p_kind LIMIT 1) b ON true
      WHERE r.account_id = chain[level] AND r.resource = p_kind AND r.period = p_period;
      rest := CASE WHEN side = 1 AND chain[level] = ANY (p_new) THEN p_n ELSE 0 END;
      l := one.granted + one.counted - rest - n + one.held;
      more := d - n;
      d := greatest(one.reserve, l + d) - greatest(one.reserve, l);
      fired_now := one.fired;
      IF one.cap IS NOT NULL AND NOT (chain[level] = ANY (p_left) AND chain[level] = ANY (p_new)) THEN
        judged := judge_thresholds(one.thresholds, one.cap, one.fired, least(one.counted, one.counted - n), one.counted);
        fired_now := judged.fired;
        IF p_period = month_start(month_of(clock_timestamp())) THEN PERFORM mark_limits(p_root, ARRAY[chain[level]], p_kind, p_period, ARRAY[one.counted]); END IF;
        IF judged.told <> '{}' THEN
          PERFORM note_alerts(alert_rows(p_root, p_kind, array_fill(chain[level], ARRAY[cardinality(judged.told)]), judged.told));
        END IF;
      END IF;
      UPDATE resource_totals r SET held = r.held + more, fired = fired_now
        WHERE r.account_id = chain[level] AND r.resource = p_kind AND r.period = p_period AND (more <> 0 OR fired_now <> r.fired);
    END LOOP;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION replace_held FROM PUBLIC;

-- What follows from what was added to counters, whose rows are locked and written: what is held of them, whether a maximum lets it through, and
-- which thresholds it reached. Those wait for the end of the change (end_change). Lists as in add_to_totals.
-- Refused as TT003, with the limit as JSON: of several that are reached the one that leaves the least free, deepest first.
CREATE OR REPLACE FUNCTION keep_limits(p_root uuid, p_accounts uuid[], p_resources text[], p_totals numeric[], p_periods timestamptz[], p_helds numeric[], p_unasked uuid[])
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  ups int[]; useds numeric[]; helds numeric[]; before numeric[]; fires smallint[]; caps numeric[]; blocks numeric[]; reserves numeric[]; marks text[]; metereds boolean[];
  l numeric; u numeric; free numeric; least_free numeric; reached jsonb;
  judged record;
BEGIN
  WITH given AS MATERIALIZED (
    SELECT g.*, coalesce(g.any_period, '-infinity') AS period FROM unnest(p_accounts, p_resources, p_totals, p_periods, p_helds) WITH ORDINALITY g(id, resource, total, any_period, held, i)
  )
  SELECT array_agg(coalesce(up.i, 0) ORDER BY g.i),
    array_agg(t.total + CASE WHEN coalesce(b.metered, false) THEN coalesce(q.total, 0) ELSE 0 END ORDER BY g.i), array_agg(t.held + coalesce(g.held, 0) ORDER BY g.i), array_agg(t.held ORDER BY g.i),
    array_agg(t.fired ORDER BY g.i), array_agg(b.cap ORDER BY g.i), array_agg(CASE WHEN b.at_limit = 'block' THEN b.cap END ORDER BY g.i),
    array_agg(coalesce(b.reserve, 0) ORDER BY g.i), array_agg(CASE WHEN b.thresholds <> '{}' THEN b.thresholds::text END ORDER BY g.i), array_agg(coalesce(b.metered, false) ORDER BY g.i)
  INTO ups, useds, helds, before, fires, caps, blocks, reserves, marks, metereds
  FROM given g
  CROSS JOIN LATERAL (SELECT r.total, r.held, r.fired FROM resource_totals r WHERE r.account_id = g.id AND r.resource = g.resource AND r.period = g.period LIMIT 1) t
  CROSS JOIN LATERAL (SELECT a.parent_id FROM accounts a WHERE a.root_id = p_root AND a.id = g.id LIMIT 1) a
  LEFT JOIN given up ON up.id = a.parent_id AND up.resource = g.resource AND up.period = g.period
  LEFT JOIN LATERAL (SELECT x.* FROM limits x WHERE x.root_id = p_root AND x.account_id = g.id AND x.kind = g.resource LIMIT 1) b ON true
  LEFT JOIN LATERAL (SELECT x.total FROM usage_totals x WHERE x.account_id = g.id AND x.meter = g.resource AND x.period = g.period LIMIT 1) q ON b.metered;

  FOR k IN 1..cardinality(ups) LOOP
    u := useds[k] + helds[k];
    l := useds[k] - p_totals[k] + before[k];
    IF ups[k] > 0 THEN helds[ups[k]] := helds[ups[k]] + greatest(reserves[k], u) - greatest(reserves[k], l) - p_totals[k]; END IF;
    IF blocks[k] IS NOT NULL AND u > blocks[k] AND u > l AND p_accounts[k] <> ALL (p_unasked) THEN
      free := greatest(0, p_totals[k] - (u - blocks[k]));
      IF least_free IS NULL OR free < least_free THEN
        least_free := free;
        reached := (SELECT jsonb_build_object('name', a.name, 'isAbove', NOT coalesce(a.path_key >= acting_key() AND a.path_key < acting_end(), false))
          FROM accounts a WHERE a.root_id = p_root AND a.id = p_accounts[k])
          || jsonb_build_object('kind', p_resources[k], 'account', p_accounts[k], 'max', blocks[k]::text, 'used', (useds[k] - p_totals[k])::text,
          'held', before[k]::text, 'wanted', p_totals[k]::text, 'free', free::text);
      END IF;
    END IF;
  END LOOP;
  IF reached IS NOT NULL THEN
    RAISE EXCEPTION 'limit reached' USING ERRCODE = 'TT003', DETAIL = reached::text;
  END IF;
  UPDATE resource_totals r SET held = x.held
  FROM unnest(p_accounts, p_resources, p_periods, helds, before) x(id, resource, period, held, before)
  WHERE x.held <> x.before AND r.account_id = x.id AND r.resource = x.resource AND r.period = coalesce(x.period, '-infinity');

  FOR k IN 1..cardinality(ups) LOOP
    CONTINUE WHEN metereds[k] OR caps[k] IS NULL OR marks[k] IS NULL OR p_totals[k] = 0;
    judged := judge_thresholds(marks[k]::smallint[], caps[k], fires[k], least(useds[k], useds[k] - p_totals[k]), useds[k]);
    CONTINUE WHEN judged.fired = fires[k] AND judged.told = '{}';
    UPDATE resource_totals r SET fired = judged.fired
      WHERE r.account_id = p_accounts[k] AND r.resource = p_resources[k] AND r.period = coalesce(p_periods[k], '-infinity');
    IF judged.told <> '{}' THEN
      PERFORM note_alerts(alert_rows(p_root, p_resources[k], array_fill(p_accounts[k], ARRAY[cardinality(judged.told)]), judged.told));
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION keep_limits FROM PUBLIC;

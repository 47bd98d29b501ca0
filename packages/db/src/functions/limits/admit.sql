-- Admits what many callers ask for in one tree, of one kind, by one statement and one commit. The process knows where accounts stand and what
-- limits them, and sends the counters in the order of locks with the sum that is asked of each. They are locked and written in this order, as if
-- everything fitted everywhere, as it nearly always does: granting only adds, so if the end is within every maximum, each step was. Where it is
-- not, all of it is given back, locks too, and admit_exactly decides one by one.
--   p_shape             of the tree when the process learned this (places_in_tree); where it is another by now, nothing is done
--   p_exactly           somebody was refused a moment ago: as if it didn't fit now either
--   p_ids, p_ups        counters, deepest account first, then by id; where each one's parent stands in the list (0: nowhere)
--   p_sums, p_owns      what is asked of each, and of it for the account itself
--   p_looks, p_reserves what limits each, as places_in_tree says it
--   p_ends              where parts of the list end, the last one with it. A part is written by one statement; what is held of a later one
--                       follows from those before, so that levels above a reserve are parts of their own
--   p_leafs             where the accounts of the requests stand in the list
--   p_end_leafs, p_end_keys  leases that are given back, first of all
--   state               'all': everybody got what they want; 'some': granted and refused say who; 'stale'
-- Its statements look up by keys alone, as many as there are: planned once, or a short list would be planned anew each time.
CREATE OR REPLACE FUNCTION admit(
  p_root uuid, p_shape bigint, p_kind text, p_period timestamptz, p_metered boolean, p_least numeric, p_exactly boolean, p_ids uuid[], p_ups int[], p_sums numeric[], p_owns numeric[],
  p_looks numeric[], p_reserves numeric[], p_ends int[],
  p_leafs int[], p_wants numeric[], p_keys text[], p_seconds int[], p_end_leafs int[], p_end_keys text[],
  OUT state text, OUT granted numeric[], OUT refused jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  now_at timestamptz := clock_timestamp();
  sums numeric[]; owns numeric[]; end_leaf int[]; end_n numeric[];
  -- more: what is held more of each counter than before. Of the part that is written: before how many others stand, what each one's use and what
  -- is held of it are then, and which ones are to be looked at.
  more numeric[]; before int; useds numeric[]; helds numeric[]; is_new boolean; close int[];
  near int[]; near_used numeric[]; near_held numeric[]; j int; u numeric;
  one record; judged record; alert_ids uuid[] := '{}'; alert_marks smallint[] := '{}'; mark smallint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_root::text, 0));
  IF (SELECT v.shape FROM tree_versions v WHERE v.root_id = p_root) IS DISTINCT FROM p_shape THEN state := 'stale'; RETURN; END IF;
  IF p_metered AND cardinality(p_end_keys) > 0 THEN
    PERFORM end_leases_of_past(p_root, p_kind, p_period, ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys);
  END IF;
  WHILE NOT p_exactly LOOP BEGIN
    sums := p_sums; owns := p_owns;
    IF cardinality(p_end_keys) > 0 THEN
      WITH asked AS (
        SELECT e.leaf, x.key FROM (SELECT e.leaf, e.key FROM unnest(p_end_leafs, p_end_keys) e(leaf, key) ORDER BY p_ids[e.leaf], e.key) e
        CROSS JOIN LATERAL (SELECT g.key FROM leases g WHERE g.root_id = p_root AND g.account_id = p_ids[e.leaf] AND g.key = e.key LIMIT 1 FOR UPDATE) x
      ), del AS (
        DELETE FROM leases g USING asked e WHERE g.root_id = p_root AND g.account_id = p_ids[e.leaf] AND g.key = e.key
          AND g.kind = p_kind AND g.period = p_period AND NOT g.settling RETURNING e.leaf, g.n
      ) SELECT array_agg(d.leaf), array_agg(d.n) INTO end_leaf, end_n FROM (SELECT del.leaf, sum(del.n) AS n FROM del GROUP BY 1) d;
      FOR k IN 1..coalesce(cardinality(end_leaf), 0) LOOP
        j := end_leaf[k]; owns[j] := owns[j] - end_n[k];
        WHILE j > 0 LOOP sums[j] := sums[j] - end_n[k]; j := p_ups[j]; END LOOP;
      END LOOP;
    END IF;
    IF end_n IS NULL AND cardinality(p_keys) = 0 THEN state := 'all'; RETURN; END IF;
    -- Before any counter is locked, so that whoever admits at the same time waits for the commit alone; in an order, as any two of them might have
    -- two keys in common.
    INSERT INTO leases (root_id, account_id, key, kind, period, n, expires_at)
      SELECT p_root, x.id, x.key, p_kind, p_period, x.n, now_at + x.seconds * interval '1 second'
      FROM (SELECT p_ids[l.leaf] AS id, l.key, l.n, l.seconds FROM unnest(p_leafs, p_wants, p_keys, p_seconds) l(leaf, n, key, seconds)) x ORDER BY x.id, x.key;
    more := array_fill(0::numeric, ARRAY[cardinality(p_ids)]);
    near := NULL; before := 0;
    FOREACH j IN ARRAY p_ends LOOP
      WITH written AS (
        INSERT INTO resource_totals AS r (root_id, account_id, resource, period, own, total, held)
          SELECT p_root, x.id, p_kind, p_period, owns[before + x.i], sums[before + x.i], more[before + x.i] FROM unnest(p_ids[before + 1:j]) WITH ORDINALITY x(id, i) ORDER BY x.i
          ON CONFLICT (root_id, account_id, resource, period) DO UPDATE SET own = r.own + excluded.own, total = r.total + excluded.total, held = r.held + excluded.held
          RETURNING r.total, r.held, r.fired, old.total IS NULL AS is_new
      ), listed AS (
        -- As they were written.
        SELECT w.*, row_number() OVER () AS i FROM written w
      )
      SELECT array_agg(w.total), array_agg(w.held), bool_or(w.is_new), array_agg(w.i) FILTER (WHERE w.fired > 0 OR w.total + w.held >= p_looks[before + w.i])
      INTO useds, helds, is_new, close FROM listed w;
      IF is_new THEN RAISE SQLSTATE 'TT001'; END IF;
      IF p_metered THEN
        -- Read after the locks: whoever counts what was granted holds them until it commits.
        SELECT array_agg(c.used ORDER BY c.i), array_agg(c.i) FILTER (WHERE c.used + c.held >= p_looks[before + c.i]) INTO useds, close FROM (
          SELECT t.i, t.held, t.total + coalesce(q.total, 0) AS used FROM unnest(useds, helds) WITH ORDINALITY t(total, held, i)
          LEFT JOIN LATERAL (SELECT x.total FROM usage_totals x WHERE x.account_id = p_ids[before + t.i] AND x.meter = p_kind AND x.period = p_period LIMIT 1) q ON true) c;
      END IF;
      FOR k IN 1..coalesce(cardinality(close), 0) LOOP
        near := near || before + close[k]; near_used := near_used || useds[close[k]]; near_held := near_held || helds[close[k]];
      END LOOP;
      FOR k IN before + 1..j LOOP
        EXIT WHEN j = cardinality(p_ids);
        u := useds[k - before] + helds[k - before];
        more[p_ups[k]] := more[p_ups[k]] + greatest(p_reserves[k], u) - greatest(p_reserves[k], u - sums[k] - more[k]) - sums[k];
      END LOOP;
      before := j;
    END LOOP;
    IF near IS NOT NULL THEN
      FOR one IN
        SELECT n.*, b.cap, b.at_limit, b.thresholds, t.fired FROM unnest(near, near_used, near_held) n(k, used, held)
        CROSS JOIN LATERAL (
          SELECT x.cap, x.at_limit, x.thresholds FROM limits x WHERE x.root_id = p_root AND x.account_id = p_ids[n.k] AND x.kind = p_kind AND x.cap IS NOT NULL LIMIT 1) b
        CROSS JOIN LATERAL (SELECT r.fired FROM resource_totals r WHERE r.root_id = p_root AND r.account_id = p_ids[n.k] AND r.resource = p_kind AND r.period = p_period LIMIT 1) t
        ORDER BY n.k
      LOOP
        -- What is given back is no room for those who ask where what is left is too much: they are asked one by one.
        IF one.at_limit = 'block' AND p_sums[one.k] > 0 AND one.used + one.held > one.cap AND (end_n IS NOT NULL OR sums[one.k] + more[one.k] > 0) THEN
          RAISE SQLSTATE 'TT002';
        END IF;
        -- Thresholds of metered kinds are judged by whoever counts, and nowhere else: two judges told twice.
        CONTINUE WHEN p_metered;
        judged := judge_thresholds(one.thresholds, one.cap, one.fired, one.used - greatest(p_sums[one.k], 0), one.used);
        FOREACH mark IN ARRAY judged.told LOOP alert_ids := alert_ids || p_ids[one.k]; alert_marks := alert_marks || mark; END LOOP;
        IF judged.fired <> one.fired THEN
          UPDATE resource_totals r SET fired = judged.fired WHERE r.root_id = p_root AND r.account_id = p_ids[one.k] AND r.resource = p_kind AND r.period = p_period;
        END IF;
      END LOOP;
    END IF;
    IF cardinality(alert_ids) > 0 THEN PERFORM chain_rows(p_root, NULL, alert_rows(p_root, p_kind, alert_ids, alert_marks)); END IF;
    state := 'all';
    RETURN;
  EXCEPTION
    -- The locks of the block are gone by now.
    WHEN SQLSTATE 'TT001' THEN PERFORM touch_totals(p_root, p_kind, p_period, p_ids);
    -- It doesn't fit, or a key is known: somebody asks again.
    WHEN SQLSTATE 'TT002' OR unique_violation THEN EXIT;
  END; END LOOP;
  state := 'some';
  SELECT x.granted, x.refused INTO granted, refused FROM admit_exactly(p_root, p_kind, p_period, p_metered, p_least,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_wants, p_keys, p_seconds,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys) x;
END $$;
REVOKE ALL ON FUNCTION admit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit TO tenantree_serve;

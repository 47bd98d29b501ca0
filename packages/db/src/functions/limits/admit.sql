-- Admits what many callers ask for in one tree, of one kind, by one statement and one commit. The process knows where accounts stand and what
-- limits them, and sends the counters in the order of locks with the sum that is asked of each. They are locked and written in this order, as if
-- everything fitted everywhere, as it nearly always does: granting only adds, so if the end is within every maximum, each step was. Where it is
-- not, all of it is given back, locks too, and admit_exactly decides one by one.
--   p_shape             of the tree when the process learned this (places_in_tree); where it is another by now, nothing is done
--   p_exactly           somebody was refused a moment ago: as if it didn't fit now either
--   p_ids, p_ups        counters, deepest account first, then by id; where each one's parent stands in the list (0: nowhere)
--   p_sums, p_owns      what is asked of each, and of it for the account itself
--   p_looks             from what use on each is looked at, as places_in_tree says it
--   p_reserves, p_loads what each is promised, and what was used and held there when the process last heard of it (null where nothing is
--                       promised); both empty where nothing is promised at all. What is held above follows from it; where it is another by now
--                       and something else follows, admit_exactly decides
--   p_leafs             where the accounts of the requests stand in the list
--   p_end_leafs, p_end_keys  leases that are given back, first of all
--   state               'all': everybody got what they want; 'some': granted and refused say who; 'stale'
--   loads               what is used and held now of those that are promised something, in their order
-- Its statements look up by keys alone, as many as there are: planned once, or a short list would be planned anew each time. Counters are written
-- in the order of the list, which is that of locks: where what doesn't match is inserted, and neither hashes nor merges are allowed, the planner has
-- nothing left but a loop over the list.
CREATE OR REPLACE FUNCTION admit(
  p_root uuid, p_shape bigint, p_kind text, p_period timestamptz, p_metered boolean, p_least numeric, p_exactly boolean, p_ids uuid[], p_ups int[], p_sums numeric[], p_owns numeric[],
  p_looks numeric[], p_reserves numeric[], p_loads numeric[],
  p_leafs int[], p_wants numeric[], p_keys text[], p_seconds int[], p_end_leafs int[], p_end_keys text[],
  OUT state text, OUT granted numeric[], OUT refused jsonb, OUT loads numeric[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  now_at timestamptz := clock_timestamp();
  sums numeric[]; owns numeric[]; end_leaf int[]; end_n numeric[];
  -- What is held more of each counter than before. Then those to be looked at, with what is used and held of each.
  more numeric[] := '{}'; useds numeric[]; helds numeric[]; near int[]; is_new boolean; is_other boolean; is_locked boolean; j int;
  one record; judged record; alert_ids uuid[] := '{}'; alert_marks smallint[] := '{}'; mark smallint;
BEGIN
  -- Assigned, it takes no plan of its own.
  is_locked := pg_advisory_xact_lock_shared(hashtextextended(p_root::text, 0)) IS NOT NULL;
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
      SELECT p_root, p_ids[l.leaf], l.key, p_kind, p_period, l.n, now_at + l.seconds * interval '1 second'
      FROM unnest(p_leafs, p_wants, p_keys, p_seconds) l(leaf, n, key, seconds) ORDER BY l.key COLLATE "C", p_ids[l.leaf];
    IF cardinality(p_reserves) > 0 THEN
      more := array_fill(0::numeric, ARRAY[cardinality(p_ids)]);
      FOR k IN 1..cardinality(p_ids) LOOP
        CONTINUE WHEN p_ups[k] = 0;
        more[p_ups[k]] := more[p_ups[k]] + CASE WHEN p_loads[k] IS NULL THEN more[k]
          ELSE greatest(p_reserves[k], p_loads[k] + sums[k] + more[k]) - greatest(p_reserves[k], p_loads[k]) - sums[k] END;
      END LOOP;
    END IF;
    WITH written AS (
      MERGE INTO resource_totals r
      USING unnest(p_ids, owns, sums, more) WITH ORDINALITY x(id, own, sum, more, i)
      ON r.account_id = x.id AND r.resource = p_kind AND r.period = p_period
      WHEN MATCHED THEN UPDATE SET own = r.own + x.own, total = r.total + x.sum, held = r.held + coalesce(x.more, 0)
      WHEN NOT MATCHED THEN INSERT (account_id, resource, period, own, total, held) VALUES (x.id, p_kind, p_period, 0, 0, 0)
      RETURNING x.i, r.total AS used, r.held, merge_action() = 'INSERT' AS is_new, p_loads[x.i] IS NOT NULL AS is_promised,
        p_metered OR r.fired > 0 OR r.total + r.held >= p_looks[x.i] AS is_near
    )
    SELECT bool_or(w.is_new), array_agg(w.i) FILTER (WHERE w.is_near), array_agg(w.used) FILTER (WHERE w.is_near), array_agg(w.held) FILTER (WHERE w.is_near),
      bool_or(w.used + w.held - sums[w.i] - more[w.i] <> p_loads[w.i]
        AND greatest(p_reserves[w.i], w.used + w.held) - greatest(p_reserves[w.i], w.used + w.held - sums[w.i] - more[w.i])
          <> greatest(p_reserves[w.i], p_loads[w.i] + sums[w.i] + more[w.i]) - greatest(p_reserves[w.i], p_loads[w.i])) FILTER (WHERE w.is_promised),
      array_agg(w.used + w.held) FILTER (WHERE w.is_promised)
    INTO is_new, near, useds, helds, is_other, loads FROM written w;
    IF is_new THEN RAISE SQLSTATE 'TT001'; END IF;
    IF p_metered THEN
      -- Read after the locks: whoever counts what was granted holds them until it commits.
      SELECT array_agg(w.i) FILTER (WHERE w.is_near), array_agg(w.used) FILTER (WHERE w.is_near), array_agg(w.held) FILTER (WHERE w.is_near),
        bool_or(w.used + w.held - sums[w.i] - more[w.i] <> p_loads[w.i]
        AND greatest(p_reserves[w.i], w.used + w.held) - greatest(p_reserves[w.i], w.used + w.held - sums[w.i] - more[w.i])
          <> greatest(p_reserves[w.i], p_loads[w.i] + sums[w.i] + more[w.i]) - greatest(p_reserves[w.i], p_loads[w.i])) FILTER (WHERE p_loads[w.i] IS NOT NULL),
        array_agg(w.used + w.held ORDER BY w.i) FILTER (WHERE p_loads[w.i] IS NOT NULL)
      INTO near, useds, helds, is_other, loads FROM (
        SELECT t.i, t.held, t.total + t.counted AS used, t.total + t.counted + t.held >= p_looks[t.i] AS is_near
        FROM unnest(near, useds, helds, counted_of(p_kind, p_period, true, p_ids)) t(i, total, held, counted)) w;
    END IF;
    IF is_other THEN RAISE SQLSTATE 'TT002'; END IF;
    IF near IS NOT NULL THEN
      FOR one IN
        SELECT n.*, b.cap, b.at_limit, b.thresholds, t.fired FROM unnest(near, useds, helds) n(k, used, held)
        CROSS JOIN LATERAL (
          SELECT x.cap, x.at_limit, x.thresholds FROM limits x WHERE x.root_id = p_root AND x.account_id = p_ids[n.k] AND x.kind = p_kind AND x.cap IS NOT NULL LIMIT 1) b
        CROSS JOIN LATERAL (SELECT r.fired FROM resource_totals r WHERE r.account_id = p_ids[n.k] AND r.resource = p_kind AND r.period = p_period LIMIT 1) t
        ORDER BY n.k
      LOOP
        -- What is given back is no room for those who ask where what is left is too much: they are asked one by one.
        IF one.at_limit = 'block' AND p_sums[one.k] > 0 AND one.used + one.held > one.cap AND (end_n IS NOT NULL OR sums[one.k] + coalesce(more[one.k], 0) > 0) THEN
          RAISE SQLSTATE 'TT002';
        END IF;
        -- Thresholds of metered kinds are judged by whoever counts, and nowhere else: two judges told twice.
        CONTINUE WHEN p_metered;
        judged := judge_thresholds(one.thresholds, one.cap, one.fired, one.used - greatest(p_sums[one.k], 0), one.used);
        FOREACH mark IN ARRAY judged.told LOOP alert_ids := alert_ids || p_ids[one.k]; alert_marks := alert_marks || mark; END LOOP;
        IF judged.fired <> one.fired THEN
          UPDATE resource_totals r SET fired = judged.fired WHERE r.account_id = p_ids[one.k] AND r.resource = p_kind AND r.period = p_period;
        END IF;
      END LOOP;
    END IF;
    IF cardinality(alert_ids) > 0 THEN PERFORM chain_rows(p_root, NULL, alert_rows(p_root, p_kind, alert_ids, alert_marks)); END IF;
    state := 'all';
    RETURN;
  EXCEPTION
    -- The locks of the block are gone by now.
    WHEN SQLSTATE 'TT001' THEN PERFORM touch_totals(p_root, p_kind, p_period, p_ids);
    -- It doesn't fit, somebody else passed a reserve meanwhile, or a key is known: somebody asks again.
    WHEN SQLSTATE 'TT002' OR unique_violation THEN EXIT;
  END; END LOOP;
  state := 'some';
  SELECT x.granted, x.refused INTO granted, refused FROM admit_exactly(p_root, p_kind, p_period, p_metered, p_least,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_wants, p_keys, p_seconds,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys) x;
  IF cardinality(p_reserves) > 0 THEN
    loads := (SELECT array_agg(coalesce(r.total + r.held, 0) + x.counted ORDER BY x.i)
      FROM unnest(p_ids, p_loads, counted_of(p_kind, p_period, p_metered, p_ids)) WITH ORDINALITY x(id, load, counted, i)
      LEFT JOIN LATERAL (SELECT t.total, t.held FROM resource_totals t
        WHERE t.account_id = x.id AND t.resource = p_kind AND t.period = p_period LIMIT 1) r ON true
      WHERE x.load IS NOT NULL);
  END IF;
END $$;
REVOKE ALL ON FUNCTION admit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit TO tenantree_serve;

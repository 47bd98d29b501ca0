-- Admits what many callers ask for in one tree, of one kind, by one statement and one commit. The process knows where accounts stand, and sends
-- the counters in the order of locks with the sum that is asked of each. They are locked in this order by one statement, which also says
-- whether everything fits everywhere, as nearly always: granting only adds, so if the end is within every maximum, each step was. Then all
-- is written at once. Otherwise the locks are given back, and admit_exactly decides one by one.
--   p_shape             of the tree when the process learned where accounts stand; where it is another by now, nothing is done
--   p_ids, p_ups        counters, deepest account first, then by id; where each one's parent stands in the list (0: nowhere)
--   p_sums, p_owns      what is asked of each, and of it for the account itself
--   p_leafs             where the accounts of the requests stand in the list
--   p_end_leafs, p_end_keys  leases that are given back, first of all
--   state               'all': everybody got what they want; 'some': granted and refused say who; 'stale'
-- Its statements look up by keys alone, as many as there are: planned once, or a short list would be planned anew each time.
CREATE OR REPLACE FUNCTION admit(
  p_root uuid, p_shape bigint, p_kind text, p_period timestamptz, p_metered boolean, p_least numeric, p_ids uuid[], p_ups int[], p_sums numeric[], p_owns numeric[],
  p_leafs int[], p_wants numeric[], p_keys text[], p_seconds int[], p_end_leafs int[], p_end_keys text[],
  OUT state text, OUT granted numeric[], OUT refused jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  now_at timestamptz := clock_timestamp();
  sums numeric[]; owns numeric[]; end_leaf int[]; end_n numeric[];
  at_tid tid[]; useds numeric[]; helds numeric[]; held_before numeric[]; counted numeric[]; reserves numeric[]; blocks numeric[]; near int[];
  holds boolean; is_tight boolean; made int; j int; l numeric; u numeric;
  one record; judged record; alert_ids uuid[] := '{}'; alert_marks smallint[] := '{}'; mark smallint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_root::text, 0));
  IF (SELECT v.shape FROM tree_versions v WHERE v.root_id = p_root) IS DISTINCT FROM p_shape THEN state := 'stale'; RETURN; END IF;
  IF p_metered AND cardinality(p_end_keys) > 0 THEN
    PERFORM end_leases_of_past(p_root, p_kind, p_period, ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys);
  END IF;
  LOOP BEGIN
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
    SELECT array_agg(c.at), array_agg(c.used), array_agg(c.held), array_agg(c.reserve), array_agg(c.block), bool_or(c.reserve > 0),
      bool_or(c.used + c.held > c.block AND c.asked > 0 AND c.sum > 0), array_agg(c.i) FILTER (WHERE c.fired > 0 OR 100 * c.used >= c.first)
    INTO at_tid, useds, held_before, reserves, blocks, holds, is_tight, near
    FROM (
      SELECT x.i, x.sum, x.asked, t.at, t.total + x.sum AS used, t.held, t.fired, coalesce(b.reserve, 0) AS reserve, CASE WHEN b.at_limit = 'block' THEN b.cap END AS block, b.cap * b.thresholds[1] AS first
      FROM unnest(p_ids, sums, p_sums) WITH ORDINALITY x(id, sum, asked, i)
      CROSS JOIN LATERAL (
        SELECT r.ctid AS at, r.total, r.held, r.fired FROM resource_totals r
        WHERE r.root_id = p_root AND r.account_id = x.id AND r.resource = p_kind AND r.period = p_period LIMIT 1 FOR NO KEY UPDATE) t
      LEFT JOIN LATERAL (SELECT l.cap, l.at_limit, l.reserve, l.thresholds FROM limits l WHERE l.root_id = p_root AND l.account_id = x.id AND l.kind = p_kind LIMIT 1) b ON true
      ORDER BY x.i) c;
    IF coalesce(cardinality(at_tid), 0) < cardinality(p_ids) THEN RAISE SQLSTATE 'TT001'; END IF;
    helds := held_before;
    IF holds OR is_tight OR p_metered THEN
      -- Read after the locks: whoever counts what was granted holds them until it commits.
      counted := counted_of(p_kind, p_period, p_metered, p_ids);
      -- What is held follows from the counters alone, deepest first.
      FOR k IN 1..cardinality(p_ids) LOOP
        u := useds[k] + counted[k] + helds[k]; l := useds[k] + counted[k] - sums[k] + held_before[k];
        IF p_sums[k] > 0 AND u > blocks[k] AND u > l THEN RAISE SQLSTATE 'TT002'; END IF;
        CONTINUE WHEN p_ups[k] = 0;
        helds[p_ups[k]] := helds[p_ups[k]] + greatest(reserves[k], u) - greatest(reserves[k], l) - sums[k];
      END LOOP;
    END IF;
    UPDATE resource_totals r SET own = r.own + u.own, total = r.total + u.sum, held = u.held
      FROM unnest(at_tid, owns, sums, helds) u(at, own, sum, held) WHERE r.ctid = u.at AND (u.own <> 0 OR u.sum <> 0 OR u.held <> r.held);
    INSERT INTO leases (root_id, account_id, key, kind, period, n, expires_at)
      SELECT p_root, p_ids[x.leaf], x.key, p_kind, p_period, x.n, now_at + x.seconds * interval '1 second'
      FROM unnest(p_leafs, p_wants, p_keys, p_seconds) x(leaf, n, key, seconds) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    -- A key that is known: somebody asks again.
    IF made < cardinality(p_keys) THEN RAISE SQLSTATE 'TT002'; END IF;
    -- Thresholds of metered kinds are judged by whoever counts, and nowhere else: two judges told twice.
    IF near IS NOT NULL AND NOT p_metered THEN
      FOR one IN
        SELECT n.k, b.cap, b.thresholds, t.fired FROM unnest(near) n(k)
        CROSS JOIN LATERAL (SELECT x.cap, x.thresholds FROM limits x WHERE x.root_id = p_root AND x.account_id = p_ids[n.k] AND x.kind = p_kind AND x.cap IS NOT NULL LIMIT 1) b
        CROSS JOIN LATERAL (SELECT r.fired FROM resource_totals r WHERE r.root_id = p_root AND r.account_id = p_ids[n.k] AND r.resource = p_kind AND r.period = p_period LIMIT 1) t
        ORDER BY n.k
      LOOP
        judged := judge_thresholds(one.thresholds, one.cap, one.fired, useds[one.k] - greatest(p_sums[one.k], 0), useds[one.k]);
        FOREACH mark IN ARRAY judged.told LOOP alert_ids := alert_ids || p_ids[one.k]; alert_marks := alert_marks || mark; END LOOP;
        IF judged.fired <> one.fired THEN
          UPDATE resource_totals r SET fired = judged.fired WHERE r.root_id = p_root AND r.account_id = p_ids[one.k] AND r.resource = p_kind AND r.period = p_period;
        END IF;
      END LOOP;
      IF cardinality(alert_ids) > 0 THEN PERFORM chain_rows(p_root, NULL, alert_rows(p_root, p_kind, alert_ids, alert_marks)); END IF;
    END IF;
    state := 'all';
    RETURN;
  EXCEPTION
    -- The locks of the block are gone by now.
    WHEN SQLSTATE 'TT001' THEN PERFORM touch_totals(p_root, p_kind, p_period, p_ids);
    WHEN SQLSTATE 'TT002' THEN EXIT;
  END; END LOOP;
  state := 'some';
  SELECT x.granted, x.refused INTO granted, refused FROM admit_exactly(p_root, p_kind, p_period, p_metered, p_least,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_wants, p_keys, p_seconds,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys) x;
END $$;
REVOKE ALL ON FUNCTION admit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit TO tenantree_serve;

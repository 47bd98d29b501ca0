-- Admits what many callers ask for in one tree, of one kind, by one statement and one commit. The process knows where accounts stand, and sends
-- the counters in the order of locks with the sum that is asked of each. Where everything fits everywhere, as nearly always, one upsert admits
-- all of it: granting only adds, so if the end is within every maximum, each step was. Otherwise that is undone, its locks included, and
-- admit_exactly decides one by one. Inserting and locking are one ordered statement, so that a first touch can't deadlock.
--   p_shape             of the tree when the process learned where accounts stand; where it is another by now, nothing is done
--   p_ids, p_ups        counters, deepest account first, then by id; where each one's parent stands in the list (0: nowhere)
--   p_sums, p_owns      what is asked of each, and of it for the account itself
--   p_leafs             where the accounts of the requests stand in the list
--   p_end_leafs, p_end_keys  leases that are given back, first of all
--   state               'all': everybody got what they want; 'some': granted and refused say who; 'stale'
CREATE OR REPLACE FUNCTION admit(
  p_root uuid, p_shape bigint, p_kind text, p_period timestamptz, p_metered boolean, p_least numeric, p_ids uuid[], p_ups int[], p_sums numeric[], p_owns numeric[],
  p_leafs int[], p_wants numeric[], p_keys text[], p_seconds int[], p_end_leafs int[], p_end_keys text[],
  OUT state text, OUT granted numeric[], OUT refused jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  now_at timestamptz := clock_timestamp();
  sums numeric[] := p_sums; owns numeric[] := p_owns;
  end_leaf int[]; end_n numeric[];
  totals numeric[]; counted numeric[]; useds numeric[]; helds numeric[]; held_before numeric[]; fires smallint[];
  caps numeric[]; blocks numeric[]; reserves numeric[]; marks text[];
  holds boolean; is_tight boolean := false; made int; j int; l numeric; u numeric;
  judged record; alert_ids uuid[] := '{}'; alert_marks smallint[] := '{}'; mark smallint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_root::text, 0));
  IF (SELECT v.shape FROM tree_versions v WHERE v.root_id = p_root) IS DISTINCT FROM p_shape THEN state := 'stale'; RETURN; END IF;
  IF p_metered AND cardinality(p_end_keys) > 0 THEN
    PERFORM end_leases_of_past(p_root, p_kind, p_period, ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys);
  END IF;
  BEGIN
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
    WITH x AS MATERIALIZED (
      SELECT x.i, x.id, x.own, x.sum, c.cap, CASE WHEN c.at_limit = 'block' THEN c.cap END AS block, coalesce(c.reserve, 0) AS reserve, coalesce(c.promised, 0) AS promised,
        CASE WHEN c.cap IS NOT NULL AND c.thresholds <> '{}' THEN c.thresholds::text END AS marks
      FROM unnest(p_ids, owns, sums) WITH ORDINALITY x(id, own, sum, i)
      LEFT JOIN LATERAL (SELECT b.cap, b.at_limit, b.reserve, b.promised, b.thresholds FROM limits b WHERE b.root_id = p_root AND b.account_id = x.id AND b.kind = p_kind LIMIT 1) c ON true
    ), up AS (
      INSERT INTO resource_totals AS r (root_id, account_id, resource, period, own, total, held)
      SELECT p_root, x.id, p_kind, p_period, x.own, x.sum, x.promised FROM x ORDER BY x.i
      ON CONFLICT (root_id, account_id, resource, period) DO UPDATE SET own = r.own + excluded.own, total = r.total + excluded.total
      RETURNING r.account_id, r.total, r.held, r.fired
    )
    SELECT array_agg(up.total ORDER BY x.i), array_agg(up.held ORDER BY x.i), array_agg(up.fired ORDER BY x.i), array_agg(x.cap ORDER BY x.i), array_agg(x.block ORDER BY x.i),
      array_agg(x.reserve ORDER BY x.i), array_agg(x.marks ORDER BY x.i), bool_or(x.reserve > 0)
    INTO totals, helds, fires, caps, blocks, reserves, marks, holds FROM x JOIN up ON up.account_id = x.id;
    useds := totals;
    IF p_metered THEN
      -- Read after the locks: whoever counts what was granted holds them until it commits.
      counted := counted_of(p_kind, p_period, p_metered, p_ids);
      FOR k IN 1..cardinality(p_ids) LOOP useds[k] := totals[k] + counted[k]; END LOOP;
    END IF;
    held_before := helds;
    IF holds THEN
      -- What is held follows from the counters alone, deepest first.
      FOR k IN 1..cardinality(p_ids) LOOP
        CONTINUE WHEN p_ups[k] = 0;
        l := useds[k] - sums[k] + held_before[k]; u := useds[k] + helds[k];
        helds[p_ups[k]] := helds[p_ups[k]] + greatest(reserves[k], u) - greatest(reserves[k], l) - sums[k];
      END LOOP;
      UPDATE resource_totals r SET held = x.held FROM unnest(p_ids, helds, held_before) x(id, held, before)
        WHERE x.held <> x.before AND r.root_id = p_root AND r.account_id = x.id AND r.resource = p_kind AND r.period = p_period;
    END IF;
    FOR k IN 1..cardinality(p_ids) LOOP
      CONTINUE WHEN blocks[k] IS NULL OR p_sums[k] <= 0;
      is_tight := is_tight OR (useds[k] + helds[k] > blocks[k] AND useds[k] + helds[k] > useds[k] - sums[k] + held_before[k]);
    END LOOP;
    IF is_tight THEN RAISE SQLSTATE 'TT002'; END IF;
    INSERT INTO leases (root_id, account_id, key, kind, period, n, expires_at)
      SELECT p_root, p_ids[x.leaf], x.key, p_kind, p_period, x.n, now_at + x.seconds * interval '1 second'
      FROM unnest(p_leafs, p_wants, p_keys, p_seconds) x(leaf, n, key, seconds) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    -- A key that is known: somebody asks again.
    IF made < cardinality(p_keys) THEN RAISE SQLSTATE 'TT002'; END IF;
    -- Thresholds of metered kinds are judged by whoever counts, and nowhere else: two judges told twice.
    FOR k IN 1..cardinality(p_ids) LOOP
      CONTINUE WHEN p_metered OR marks[k] IS NULL OR (fires[k] = 0 AND 100 * useds[k] < (marks[k]::smallint[])[1] * caps[k]);
      judged := judge_thresholds(marks[k]::smallint[], caps[k], fires[k], useds[k] - greatest(p_sums[k], 0), useds[k]);
      FOREACH mark IN ARRAY judged.told LOOP alert_ids := alert_ids || p_ids[k]; alert_marks := alert_marks || mark; END LOOP;
      IF judged.fired <> fires[k] THEN
        UPDATE resource_totals r SET fired = judged.fired WHERE r.root_id = p_root AND r.account_id = p_ids[k] AND r.resource = p_kind AND r.period = p_period;
      END IF;
    END LOOP;
    IF cardinality(alert_ids) > 0 THEN PERFORM chain_rows(p_root, NULL, alert_rows(p_root, p_kind, alert_ids, alert_marks)); END IF;
    state := 'all';
    RETURN;
  EXCEPTION WHEN SQLSTATE 'TT002' THEN NULL;
  END;
  state := 'some';
  SELECT x.granted, x.refused INTO granted, refused FROM admit_exactly(p_root, p_kind, p_period, p_metered, p_least,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_wants, p_keys, p_seconds,
    ARRAY(SELECT p_ids[y.leaf] FROM unnest(p_end_leafs) WITH ORDINALITY y(leaf, i) ORDER BY y.i), p_end_keys) x;
END $$;
REVOKE ALL ON FUNCTION admit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit TO tenantree_serve;

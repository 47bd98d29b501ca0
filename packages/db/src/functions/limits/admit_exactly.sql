-- The exact way of an admission, taken where a maximum binds: ends leases that are asked for or over, then admits one by one in the order of
-- arrival (rules/limits 4, 11). Behind the tree's lock, shared.
--   p_least     the least that is worth granting; null: all or nothing
--   granted     what each request got; 0: refused, -1: its key is another kind's lease, null: there is no such account
--   refused     of those that were refused, as JSON: which one, the account that refuses, its numbers, and how much is free
--   ended       how many leases ended
CREATE OR REPLACE FUNCTION admit_exactly(
  p_root uuid, p_kind text, p_period timestamptz, p_metered boolean, p_least numeric,
  p_accounts uuid[], p_wants numeric[], p_keys text[], p_seconds int[], p_end_accounts uuid[], p_end_keys text[],
  OUT granted numeric[], OUT refused jsonb, OUT ended int)
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  now_at timestamptz := clock_timestamp();
  gone uuid[]; gone_n numeric[]; gone_leaf int[];
  -- The counters in the order of locks, deepest account first; ups: where each one's parent stands.
  ids uuid[]; ups int[]; leafs int[]; caps numeric[]; blocks numeric[]; reserves numeric[]; marks text[];
  at_tid tid[]; used_before numeric[]; held_before numeric[]; counted numeric[]; fires smallint[];
  useds numeric[]; helds numeric[]; owns numeric[]; low numeric[];
  j int; n numeric; d numeric; l numeric; free numeric; absorbed numeric; stop int; refusals jsonb[] := '{}';
  judged record; alert_ids uuid[] := '{}'; alert_marks smallint[] := '{}'; mark smallint;
BEGIN
  IF cardinality(p_end_keys) > 0 OR EXISTS (SELECT FROM leases g WHERE g.root_id = p_root AND g.kind = p_kind AND g.expires_at <= now_at) THEN
    WITH asked AS (
      SELECT x.account_id, x.key FROM (SELECT r.account_id, r.key FROM unnest(p_end_accounts, p_end_keys) r(account_id, key) ORDER BY 1, 2) r
      CROSS JOIN LATERAL (SELECT g.account_id, g.key FROM leases g WHERE g.root_id = p_root AND g.account_id = r.account_id AND g.key = r.key LIMIT 1 FOR UPDATE) x
    ), over AS (
      SELECT g.account_id, g.key FROM leases g WHERE g.root_id = p_root AND g.kind = p_kind AND g.expires_at <= now_at AND g.period = p_period AND NOT g.settling
      ORDER BY g.expires_at LIMIT 500 FOR UPDATE SKIP LOCKED
    ), del AS (
      DELETE FROM leases g USING (SELECT * FROM asked UNION SELECT * FROM over) e
      WHERE g.root_id = p_root AND g.account_id = e.account_id AND g.key = e.key AND g.kind = p_kind AND g.period = p_period AND NOT g.settling
      RETURNING g.account_id, g.n
    ) SELECT array_agg(d.account_id), array_agg(d.n) INTO gone, gone_n FROM del d;
  END IF;
  ended := coalesce(cardinality(gone), 0);

  WITH named AS (
    SELECT DISTINCT u.id FROM unnest(p_accounts || gone) u(id)
  ), paths AS (
    SELECT path_of(p_root, a.path_key) AS path FROM named CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = named.id LIMIT 1) a
  ), steps AS (
    SELECT s.id, max(s.level) AS level, any_value(p.path[s.level - 1]) AS up FROM paths p CROSS JOIN LATERAL unnest(p.path) WITH ORDINALITY s(id, level) GROUP BY s.id
  ), nodes AS MATERIALIZED (
    SELECT s.id, s.up, (row_number() OVER (ORDER BY s.level DESC, s.id))::int AS i FROM steps s
  ), settings AS (
    SELECT x.i, x.id, coalesce(y.i, 0) AS up, c.cap, CASE WHEN c.at_limit = 'block' THEN c.cap END AS block, coalesce(c.reserve, 0) AS reserve, c.thresholds
    FROM nodes x LEFT JOIN nodes y ON y.id = x.up
    LEFT JOIN LATERAL (SELECT b.cap, b.at_limit, b.reserve, b.thresholds FROM limits b WHERE b.root_id = p_root AND b.account_id = x.id AND b.kind = p_kind LIMIT 1) c ON true
  )
  SELECT array_agg(x.id ORDER BY x.i), array_agg(x.up ORDER BY x.i), array_agg(x.cap ORDER BY x.i), array_agg(x.block ORDER BY x.i), array_agg(x.reserve ORDER BY x.i),
    array_agg(x.thresholds::text ORDER BY x.i),
    (SELECT array_agg(y.i ORDER BY r.k) FROM unnest(p_accounts) WITH ORDINALITY r(id, k) LEFT JOIN nodes y ON y.id = r.id),
    (SELECT array_agg(y.i ORDER BY r.k) FROM unnest(gone) WITH ORDINALITY r(id, k) JOIN nodes y ON y.id = r.id)
  INTO ids, ups, caps, blocks, reserves, marks, leafs, gone_leaf FROM settings x;
  IF ids IS NULL THEN RETURN; END IF;

  LOOP
    BEGIN
      SELECT array_agg(c.total ORDER BY x.i), array_agg(c.held ORDER BY x.i), array_agg(c.fired ORDER BY x.i), array_agg(c.at ORDER BY x.i)
      INTO used_before, held_before, fires, at_tid FROM unnest(ids) WITH ORDINALITY x(id, i) CROSS JOIN LATERAL (
        SELECT r.total, r.held, r.fired, r.ctid AS at FROM resource_totals r
        WHERE r.account_id = x.id AND r.resource = p_kind AND r.period = p_period LIMIT 1 FOR UPDATE) c;
      IF coalesce(cardinality(used_before), 0) < cardinality(ids) THEN RAISE SQLSTATE 'TT001'; END IF;
      EXIT;
    EXCEPTION WHEN SQLSTATE 'TT001' THEN
      -- The locks of the block are gone by now.
      PERFORM touch_totals(p_root, p_kind, p_period, ids);
    END;
  END LOOP;
  -- What is counted is read after the locks: whoever counts what was granted holds them until it commits.
  counted := counted_of(p_kind, p_period, p_metered, ids);
  FOR k IN 1..cardinality(ids) LOOP used_before[k] := used_before[k] + counted[k]; END LOOP;
  useds := used_before; helds := held_before; owns := array_fill(0::numeric, ARRAY[cardinality(ids)]);

  FOR k IN 1..coalesce(cardinality(gone_leaf), 0) LOOP
    j := gone_leaf[k]; n := gone_n[k]; d := -n; owns[j] := owns[j] - n;
    WHILE j > 0 LOOP
      l := useds[j] + helds[j]; useds[j] := useds[j] - n; helds[j] := helds[j] + d + n;
      d := greatest(reserves[j], l + d) - greatest(reserves[j], l); j := ups[j];
    END LOOP;
  END LOOP;
  low := useds;

  -- A request that was granted before gets what it got then.
  IF cardinality(p_keys) > 0 THEN
    SELECT array_agg(CASE WHEN g.kind <> p_kind THEN -1 ELSE g.n END ORDER BY r.k) INTO granted FROM unnest(p_accounts, p_keys) WITH ORDINALITY r(id, key, k)
    LEFT JOIN LATERAL (SELECT x.n, x.kind FROM leases x WHERE x.root_id = p_root AND x.account_id = r.id AND x.key = r.key LIMIT 1) g ON true;
  END IF;
  FOR k IN 1..coalesce(cardinality(p_keys), 0) LOOP
    CONTINUE WHEN granted[k] IS NOT NULL OR leafs[k] IS NULL;
    -- Free along the chain: what unmet reserves absorb below an account is asked of nobody above it.
    j := leafs[k]; free := p_wants[k]; absorbed := 0; stop := 0; granted[k] := 0;
    WHILE j > 0 LOOP
      l := useds[j] + helds[j];
      IF blocks[j] IS NOT NULL AND absorbed + greatest(0, blocks[j] - l) < free THEN free := absorbed + greatest(0, blocks[j] - l); stop := j; END IF;
      EXIT WHEN absorbed >= free;
      absorbed := absorbed + greatest(0, reserves[j] - l);
      j := ups[j];
    END LOOP;
    IF free < coalesce(p_least, p_wants[k]) AND free < p_wants[k] THEN
      refusals := refusals || jsonb_build_object('k', k, 'account', ids[stop], 'max', blocks[stop]::text, 'used', useds[stop]::text,
        'held', helds[stop]::text, 'free', free::text);
      CONTINUE;
    END IF;
    granted[k] := free; j := leafs[k]; d := free; owns[j] := owns[j] + free;
    WHILE j > 0 LOOP
      l := useds[j] + helds[j]; useds[j] := useds[j] + free; helds[j] := helds[j] + d - free;
      d := greatest(reserves[j], l + d) - greatest(reserves[j], l); j := ups[j];
    END LOOP;
  END LOOP;
  refused := to_jsonb(refusals);

  -- Thresholds of metered kinds are judged by whoever counts, and nowhere else: two judges told twice.
  FOR k IN 1..cardinality(ids) LOOP
    CONTINUE WHEN p_metered OR caps[k] IS NULL OR marks[k] = '{}' OR (useds[k] = used_before[k] AND low[k] = used_before[k]);
    judged := judge_thresholds(marks[k]::smallint[], caps[k], fires[k], low[k], useds[k]);
    fires[k] := judged.fired;
    FOREACH mark IN ARRAY judged.told LOOP alert_ids := alert_ids || ids[k]; alert_marks := alert_marks || mark; END LOOP;
  END LOOP;

  UPDATE resource_totals r SET own = r.own + u.own, total = r.total + u.used - u.before, held = u.held, fired = u.fired
  FROM unnest(at_tid, owns, useds, used_before, helds, held_before, fires) u(at, own, used, before, held, held_before, fired)
  WHERE r.ctid = u.at AND (u.own <> 0 OR u.used <> u.before OR u.held <> u.held_before OR u.fired <> r.fired);
  INSERT INTO leases (root_id, account_id, key, kind, period, n, expires_at)
    SELECT p_root, u.id, u.key, p_kind, p_period, u.n, now_at + u.seconds * interval '1 second'
    FROM unnest(p_accounts, p_keys, granted, p_seconds) u(id, key, n, seconds) WHERE u.n > 0 ON CONFLICT DO NOTHING;
  IF cardinality(alert_ids) > 0 THEN PERFORM chain_rows(p_root, NULL, alert_rows(p_root, p_kind, alert_ids, alert_marks)); END IF;
END $$;
REVOKE ALL ON FUNCTION admit_exactly FROM PUBLIC;

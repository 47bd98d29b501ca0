-- Counts what is uncounted in one tree: into the accounts and the ancestors of their time, totals and roll-ups. Whoever finds it being
-- counted leaves it, unless p_wait. Lists travel as text, parts separated by commas.
--   p_shown      how much of the meter is one unit of what viewers are shown
--   elsewhere    somebody else is counting the tree; nothing was done
--   changes      'account own total' of every account whose totals of the current period changed, without total where it is the same as own
--   parents      'account parent' of accounts on the present path of an event
--   near         'account 1' of every account that came near a maximum of its own, 'account 0' of those that fell back
--   new_version  of the tree; null when there was nothing to count
-- The working memory keeps the sums of a whole tree from being written to disk on their way.
CREATE OR REPLACE FUNCTION count_tree(
  p_root uuid, p_meter text, p_now timestamptz, p_shown numeric, p_wait boolean,
  OUT elsewhere boolean, OUT changes text, OUT parents text, OUT near text, OUT new_version bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET lock_timeout = '2s' AS $$
#variable_conflict use_column
DECLARE
  this_period timestamptz := month_start(month_of(p_now));
  next_period timestamptz := month_start(month_of(p_now) + 1);
  next_version bigint;
  counted uuid[];
  ids uuid[];
  quarters timestamptz[];
  owns numeric[];
  totals numeric[];
  limited boolean;
  promises boolean;
  ended jsonb;
  limited_ids uuid[];
  added numeric[];
  limited_totals numeric[];
  looks boolean[];
  alerts jsonb := '[]';
BEGIN
  elsewhere := false;
  IF p_wait THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_root::text, 1));
  ELSIF NOT pg_try_advisory_xact_lock(hashtextextended(p_root::text, 1)) THEN
    elsewhere := true;
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM uncounted_usage WHERE root_id = p_root AND meter = p_meter) THEN
    RETURN;
  END IF;
  -- No move meanwhile: and so nobody else takes a version, which is handed out last.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_root::text, 0));
  next_version := 1 + (SELECT version FROM tree_versions WHERE root_id = p_root);
  limited := EXISTS (SELECT FROM limits WHERE root_id = p_root AND kind = p_meter) OR EXISTS (SELECT FROM leases WHERE root_id = p_root AND kind = p_meter AND settling);
  promises := limited AND EXISTS (SELECT FROM limits WHERE root_id = p_root AND kind = p_meter AND (reserve > 0 OR promised > 0));

  -- Most ancestors have many of the accounts below them: what is used below one parent is added up first, then level by level. The bytes
  -- of an id become an id last. Numbers of events are added up as integers: a sum of bigint is numeric, and costs as much as a quantity.
  WITH taken AS (
    DELETE FROM uncounted_usage WHERE root_id = p_root AND meter = p_meter RETURNING accounts, quantities, occurred_at
  ), sums AS MATERIALIZED (
    SELECT n.account_id, quarter_of(n.occurred_at) AS quarter, CASE WHEN n.occurred_at >= a.placed_at THEN a.parent_id END AS parent_id,
      CASE WHEN n.occurred_at >= a.placed_at THEN uuid_send(p_root) || a.path_key ELSE chain_at(n.account_id, n.occurred_at) END AS chain,
      CASE WHEN n.occurred_at >= a.placed_at THEN NULL ELSE left_within_month(n.account_id, n.occurred_at) END AS left_at,
      add_up(n.quantity) AS quantity, count(*)::int AS events
    FROM taken t CROSS JOIN LATERAL unnest(t.accounts, t.quantities, t.occurred_at) n(account_id, quantity, occurred_at)
    LEFT JOIN LATERAL (SELECT parent_id, path_key, placed_at FROM accounts WHERE root_id = p_root AND id = n.account_id LIMIT 1) a ON true
    GROUP BY 1, 2, 3, 4, 5
  ), parents AS (
    SELECT substr(chain, 1, octet_length(chain) - 16) AS chain, quarter, bool_or(parent_id IS NOT NULL) AS present,
      add_up(quantity) AS quantity, sum(events)::int AS events
    FROM sums GROUP BY 1, 2
  ), above AS (
    SELECT substr(p.chain, l * 16 - 15, 16) AS id, p.quarter, any_value(substr(p.chain, l * 16 - 31, 16)) FILTER (WHERE p.present AND l > 1) AS parent,
      max(l) AS level, add_up(p.quantity) AS quantity, sum(p.events)::int AS events
    FROM parents p CROSS JOIN LATERAL generate_series(1, octet_length(p.chain) / 16) l GROUP BY 1, 2
  ), steps AS MATERIALIZED (
    SELECT account_id, quarter, any_value(parent_id) AS parent_id, max(level) AS level,
      add_up(own) AS own, add_up(total) AS total, sum(own_events)::int AS own_events, sum(total_events)::int AS total_events
    FROM (
      SELECT account_id, quarter, parent_id, octet_length(chain) / 16 AS level,
        quantity AS own, quantity AS total, events AS own_events, events AS total_events FROM sums WHERE chain IS NOT NULL
      UNION ALL SELECT encode(id, 'hex')::uuid, quarter, encode(parent, 'hex')::uuid, level, 0, quantity, 0, events FROM above
    ) s GROUP BY 1, 2
  ), periods AS MATERIALIZED (
    SELECT account_id, CASE WHEN quarter >= this_period AND quarter < next_period THEN this_period ELSE date_trunc('month', quarter, 'UTC') END AS period,
      max(level) AS level, any_value(parent_id) AS parent_id,
      add_up(own) AS own, add_up(total) AS total, sum(own_events) AS own_events, sum(total_events) AS total_events
    FROM steps GROUP BY 1, 2
  ), late AS (
    INSERT INTO usage_segments AS g (account_id, valid_to, meter, quantity)
    SELECT account_id, left_at, p_meter, add_up(quantity) FROM sums WHERE left_at IS NOT NULL AND chain IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (account_id, valid_to, meter) DO UPDATE SET quantity = g.quantity + excluded.quantity
  ), written AS (
    -- What is first counted of another period than the present one is looked at when that is the present one.
    INSERT INTO usage_totals AS t (account_id, meter, period, own, total, own_events, total_events, version, tells_at)
    SELECT account_id, p_meter, period, own, total, own_events, total_events, next_version, CASE WHEN period <> this_period THEN 0 END
    FROM periods ORDER BY level DESC, account_id, period
    ON CONFLICT (account_id, meter, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total,
      own_events = t.own_events + excluded.own_events, total_events = t.total_events + excluded.total_events, version = excluded.version
    RETURNING t.account_id, t.period, t.own, t.total, t.total - coalesce(old.total, 0) AS added,
      old.total IS NULL OR t.total >= t.tells_at OR t.total < old.total AS look
  )
  SELECT
    (SELECT string_agg(concat_ws(' ', w.account_id, trim_scale(round(w.own / p_shown, 9)), CASE WHEN w.total <> w.own THEN trim_scale(round(w.total / p_shown, 9)) END), ',')
      FROM written w WHERE w.period = this_period),
    (SELECT string_agg(concat_ws(' ', p.account_id, p.parent_id), ',') FROM periods p WHERE p.parent_id IS NOT NULL),
    ARRAY(SELECT DISTINCT p.account_id FROM periods p),
    s.ids, s.quarters, s.owns, s.totals,
    -- Leases whose usage this very statement takes.
    (SELECT jsonb_agg(jsonb_build_array(g.account_id, g.key)) FROM leases g WHERE limited AND g.root_id = p_root AND g.kind = p_meter AND g.settling),
    l.ids, l.added, l.totals, l.looks
  INTO changes, parents, counted, ids, quarters, owns, totals, ended, limited_ids, added, limited_totals, looks
  FROM (
    SELECT array_agg(account_id) AS ids, array_agg(quarter) AS quarters, array_agg(own) AS owns, array_agg(total) AS totals FROM steps
  ) s, (
    SELECT array_agg(w.account_id) AS ids, array_agg(w.added) AS added, array_agg(w.total) AS totals, array_agg(coalesce(w.look, false)) AS looks
    FROM written w WHERE limited AND w.period = this_period AND (promises OR w.look)
  ) l;
  IF ids IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO unfolded_quarters (root_id, meter, accounts, quarters, owns, totals) VALUES (p_root, p_meter, ids, quarters, owns, totals);
  IF limited_ids IS NOT NULL OR ended IS NOT NULL THEN
    SELECT e.alerts, e.near INTO alerts, near FROM end_settled(p_root, p_meter, this_period, limited_ids, added, limited_totals, looks, coalesce(ended, '[]')) e;
  END IF;
  PERFORM keep_conversations(p_root, next_version, p_now);
  UPDATE tree_versions SET version = next_version WHERE root_id = p_root AND version = next_version - 1;
  IF NOT FOUND THEN
    RAISE 'The version of tree % was taken while its usage was counted.', p_root USING ERRCODE = 'serialization_failure';
  END IF;
  INSERT INTO tree_changes (root_id, version, kind, accounts, at)
  VALUES (p_root, next_version, 'usage', noted_accounts(counted), clock_timestamp());
  IF alerts <> '[]' THEN PERFORM chain_rows(p_root, NULL, alerts); END IF;
  new_version := next_version;
END $$;
REVOKE ALL ON FUNCTION count_tree FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_tree TO tenantree_serve;

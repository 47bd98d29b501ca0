-- Adds what counts noted of a tree to its roll-ups, and notes on which day its accounts were last active. Behind the tree's lock for folding,
-- or its exclusive one.
CREATE OR REPLACE FUNCTION fold_tree(p_root uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  -- Accounts that one fold notes: whoever changes one of them waits as long as that takes, some 0.1 s.
  most CONSTANT int := 1000;
  ids uuid[];
  days date[];
BEGIN
  WITH taken AS (
    DELETE FROM unfolded_quarters WHERE root_id = p_root RETURNING meter, accounts, quarters, owns, totals
  ), sums AS MATERIALIZED (
    SELECT t.meter, n.account_id, n.quarter, add_up(n.own) AS own, add_up(n.total) AS total
    FROM taken t CROSS JOIN LATERAL unnest(t.accounts, t.quarters, t.owns, t.totals) n(account_id, quarter, own, total) GROUP BY 1, 2, 3
  ), folded AS (
    INSERT INTO usage_quarters AS q (account_id, meter, quarter, own, total)
    SELECT s.account_id, s.meter, s.quarter, s.own, s.total FROM sums s WHERE s.own <> 0 OR s.total <> 0 ORDER BY s.account_id, s.quarter
    ON CONFLICT (account_id, meter, quarter) DO UPDATE SET own = q.own + excluded.own, total = q.total + excluded.total
  )
  SELECT array_agg(s.account_id), array_agg((s.quarter AT TIME ZONE 'UTC')::date) INTO ids, days
  FROM (SELECT account_id, max(quarter) AS quarter FROM sums GROUP BY 1) s
  WHERE EXISTS (SELECT FROM accounts a WHERE a.root_id = p_root AND a.id = s.account_id AND a.active_on < (s.quarter AT TIME ZONE 'UTC')::date);
  -- The others are noted by the next folds, as usage of nothing.
  IF cardinality(ids) > most THEN
    INSERT INTO unfolded_quarters (root_id, meter, accounts, quarters, owns, totals)
      SELECT p_root, '', array_agg(n.id), array_agg(n.day::timestamp AT TIME ZONE 'UTC'), array_agg(0::numeric), array_agg(0::numeric)
      FROM unnest(ids[most + 1:], days[most + 1:]) n(id, day);
    ids := ids[:most];
    days := days[:most];
  END IF;
  -- Last, and of nobody whose row a change of the tree holds: whoever waits for these rows is never waited for. An account that is being
  -- changed at this moment is noted when it is used the next time.
  UPDATE accounts a SET active_on = d.day
  FROM (
    SELECT x.id, n.day FROM unnest(ids, days) n(id, day)
    CROSS JOIN LATERAL (SELECT a.id FROM accounts a WHERE a.root_id = p_root AND a.id = n.id AND a.active_on < n.day FOR NO KEY UPDATE SKIP LOCKED) x
  ) d
  WHERE a.root_id = p_root AND a.id = d.id;
END $$;
REVOKE ALL ON FUNCTION fold_tree FROM PUBLIC;

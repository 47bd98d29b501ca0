-- Adds what counts noted of a tree to its roll-ups. Behind the tree's lock for folding, or its exclusive one.
CREATE OR REPLACE FUNCTION fold_tree(p_root uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  WITH taken AS (
    DELETE FROM unfolded_quarters WHERE root_id = p_root RETURNING meter, accounts, quarters, owns, totals
  ), sums AS (
    SELECT t.meter, n.account_id, n.quarter, add_up(n.own) AS own, add_up(n.total) AS total
    FROM taken t CROSS JOIN LATERAL unnest(t.accounts, t.quarters, t.owns, t.totals) n(account_id, quarter, own, total) GROUP BY 1, 2, 3
  )
  INSERT INTO usage_quarters AS q (account_id, meter, quarter, own, total)
  SELECT s.account_id, s.meter, s.quarter, s.own, s.total FROM sums s ORDER BY s.account_id, s.quarter
  ON CONFLICT (account_id, meter, quarter) DO UPDATE SET own = q.own + excluded.own, total = q.total + excluded.total;
END $$;
REVOKE ALL ON FUNCTION fold_tree FROM PUBLIC;

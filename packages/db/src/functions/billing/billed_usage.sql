-- What was used of a meter in a billing period, by account and where it stood then: what a payer pays for (p_seller NULL), or what a customer
-- of p_seller used with all below it while it was one. Reads totals and no events, so it takes the same at any number of events. What
-- waits to be counted is not in it. Only for payers and sellers at or below the acting account. ROWS: so that whoever joins something to it reads
-- these in their order, and not the other way round.
--   p_by_line  a row for each line (billed_places), and not for each place
--   name       of accounts that stand there now
--   chain      the ids from the root of that time down to the account, 16 bytes each; of several places on a line the last
CREATE OR REPLACE FUNCTION billed_usage(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_by_line boolean)
RETURNS TABLE (account_id uuid, name text, chain bytea, quantity numeric)
LANGUAGE plpgsql STABLE ROWS 100000 SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
SET enable_seqscan = off SET enable_indexscan = off SET enable_nestloop = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  until timestamptz := month_start(month_of(p_from) + 1);
  a accounts;
  root uuid;
  payer uuid := CASE WHEN p_seller IS NULL THEN p_account END;
BEGIN
  PERFORM reached(coalesce(p_seller, p_account));
  SELECT x.* INTO a FROM accounts x WHERE x.id = p_account AND x.root_id = (SELECT d.root_id FROM account_roots d WHERE d.id = p_account);
  -- A customer that stands elsewhere by now was there alone.
  root := CASE WHEN p_seller IS NULL OR a.parent_id = p_seller THEN a.root_id END;
  RETURN QUERY
    -- Read once: of a large tree that is most of the time. And by lists: their index is walked once, however many periods there are, where a
    -- look-up for each account takes more than twice as long. Totals are then read as they lie on the disk.
    WITH places AS MATERIALIZED (
      SELECT p.account_id, p.name, p.chain, NULL::timestamptz AS left_at, p.came_inside FROM present_places(root, a.path_key, payer, p_from, until) p
      UNION ALL
      SELECT f.account_id, NULL, f.chain, f.left_at, true FROM former_places(p_account, p_seller, p_from, until) f
    ), moved AS MATERIALIZED (SELECT p.account_id, p.name, p.chain, p.left_at FROM places p WHERE p.came_inside)
    -- Most accounts stay where they are: those need no adding up.
    SELECT p.account_id, p.name, p.chain, t.own FROM places p JOIN usage_totals t ON t.account_id = p.account_id
      WHERE NOT p.came_inside AND t.account_id = ANY (ARRAY(SELECT x.account_id FROM places x WHERE NOT x.came_inside))
        AND t.meter = p_meter AND t.period = p_from AND t.own <> 0
    UNION ALL
    SELECT u.account_id, max(u.name), max(u.chain), sum(u.quantity) FROM (
      SELECT m.account_id, m.name, m.chain, t.own AS quantity FROM moved m JOIN usage_totals t ON t.account_id = m.account_id
        WHERE m.left_at IS NULL AND t.account_id = ANY (ARRAY(SELECT x.account_id FROM moved x WHERE x.left_at IS NULL))
          AND t.meter = p_meter AND t.period = p_from
      UNION ALL
      -- Of those that came what they used elsewhere, and of those that left what they used here.
      SELECT m.account_id, m.name, m.chain, CASE WHEN m.left_at IS NULL THEN -g.quantity ELSE g.quantity END
        FROM moved m JOIN usage_segments g ON g.account_id = m.account_id
        WHERE g.account_id = ANY (ARRAY(SELECT x.account_id FROM moved x))
          AND g.meter = p_meter AND g.valid_to > p_from AND g.valid_to < until AND (m.left_at IS NULL OR g.valid_to = m.left_at)
    ) u GROUP BY u.account_id, CASE WHEN p_by_line THEN parent_in(u.chain) ELSE u.chain END,
      CASE WHEN p_by_line THEN top_in(u.chain, p_account, p_seller) END HAVING sum(u.quantity) <> 0;
END $$;
REVOKE ALL ON FUNCTION billed_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billed_usage TO tenantree_app;

-- What was used of a meter in a billing period, by account and where it stood then: what a payer pays for (p_seller NULL), or what a customer
-- of p_seller used with all below it while it was one. Reads totals and no events, so it takes the same at any number of events. What
-- waits to be counted is not in it. Only for payers and sellers at or below the acting account. ROWS: so that whoever joins something to it reads
-- these in their order, and not the other way round.
--   name         of accounts that stand there now
--   chain        the ids from the root of that time down to the account, 16 bytes each
--   came_inside  it didn't stand there all the time, and may have several rows, to be added; otherwise it has no other one
CREATE OR REPLACE FUNCTION billed_usage(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz)
RETURNS TABLE (account_id uuid, name text, chain bytea, came_inside boolean, quantity numeric)
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
    SELECT p.account_id, p.name, p.chain, p.came_inside, t.own FROM places p JOIN usage_totals t ON t.account_id = p.account_id
      WHERE p.left_at IS NULL AND t.account_id = ANY (ARRAY(SELECT x.account_id FROM places x WHERE x.left_at IS NULL))
        AND t.meter = p_meter AND t.period = p_from AND t.own_events > 0
    UNION ALL
    -- Of those that came what they used elsewhere, and of those that left what they used here.
    SELECT m.account_id, m.name, m.chain, true, CASE WHEN m.left_at IS NULL THEN -g.quantity ELSE g.quantity END
      FROM moved m JOIN usage_segments g ON g.account_id = m.account_id
      WHERE g.account_id = ANY (ARRAY(SELECT x.account_id FROM moved x))
        AND g.meter = p_meter AND g.valid_to > p_from AND g.valid_to < until AND (m.left_at IS NULL OR g.valid_to = m.left_at);
END $$;
REVOKE ALL ON FUNCTION billed_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billed_usage TO tenantree_app;

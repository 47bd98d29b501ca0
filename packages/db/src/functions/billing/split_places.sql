-- What all of one meter, payer (or seller and customer) and period costs (p_total, minor units), split over the places by quantity with largest
-- remainders, exactly as the domain does it (money/split.ts); in the order of the tree. numeric has no division here but div and mod, which are
-- whole. Nothing where the quantity is another than was rated (p_all): it changed meanwhile, and is to be rated again.
CREATE OR REPLACE FUNCTION split_places(
  p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz, p_all numeric, p_total numeric
) RETURNS TABLE (n bigint, account_id uuid, name text, chain bytea, quantity numeric, amount numeric)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET work_mem = '32MB' SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  divisor numeric := CASE WHEN p_all = 0 THEN 1 ELSE abs(p_all) END;
  factor numeric := abs(p_total) * sign(p_all);
BEGIN
  RETURN QUERY
    WITH part AS (
      SELECT b.account_id, b.name, b.chain, b.quantity, div(factor * b.quantity, divisor) AS d
      FROM billed_places(p_account, p_seller, p_meter, p_from, p_begin, p_end) b OFFSET 0
    ), rest AS (SELECT p.*, factor * p.quantity - p.d * divisor AS r FROM part p OFFSET 0),
    floored AS MATERIALIZED (
      -- div goes toward 0, and below 0 the one below is meant.
      SELECT r.account_id, r.name, r.chain, r.quantity, CASE WHEN r.r < 0 THEN r.d - 1 ELSE r.d END AS d, CASE WHEN r.r < 0 THEN r.r + divisor ELSE r.r END AS r FROM rest r
    ), sums AS MATERIALIZED (
      SELECT coalesce(sum(f.quantity), 0) AS quantity, CASE WHEN p_all = 0 THEN 0 ELSE greatest(abs(p_total) - sum(f.d), 0) END AS missing FROM floored f
    ),
    -- The last remainder that gets one of those that are missing, and who gets one of those that have just that: few. Ranking all of them by
    -- all that decides took a fifth of the whole.
    edge AS MATERIALIZED (SELECT f.r FROM floored f ORDER BY f.r DESC OFFSET (SELECT greatest(s.missing, 1) - 1 FROM sums s) LIMIT 1),
    chosen AS MATERIALIZED (
      SELECT f.account_id, f.chain FROM floored f JOIN edge e ON e.r = f.r ORDER BY f.quantity DESC, f.account_id, f.chain
      LIMIT (SELECT s.missing - (SELECT count(*) FROM floored f JOIN edge e ON f.r > e.r) FROM sums s)
    )
    SELECT row_number() OVER (ORDER BY x.chain, x.account_id), x.account_id, x.name, x.chain, x.quantity, CASE WHEN p_total < 0 THEN -x.amount ELSE x.amount END
    FROM (
      SELECT f.account_id, f.name, f.chain, f.quantity,
        CASE WHEN f.r > e.r OR (f.r = e.r AND (f.account_id, f.chain) IN (SELECT c.account_id, c.chain FROM chosen c)) THEN f.d + 1 ELSE f.d END AS amount
      FROM floored f, edge e, sums s WHERE s.quantity = p_all
    ) x;
END $$;
REVOKE ALL ON FUNCTION split_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION split_places TO tenantree_app;

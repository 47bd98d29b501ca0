-- What all of one meter, payer (or seller and customer) and period costs (p_total, minor units), split over the places by quantity with largest
-- remainders, exactly as the domain does it (money/split.ts); in the order of the tree. numeric has no division here but div and mod, which are
-- whole. Nothing where the quantity is another than was rated (p_all): it changed meanwhile, and is to be rated again.
CREATE OR REPLACE FUNCTION split_places(
  p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz, p_all numeric, p_total numeric
) RETURNS TABLE (n bigint, account_id uuid, chain bytea, quantity numeric, amount numeric)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET work_mem = '64MB' SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH seg AS MATERIALIZED (SELECT b.account_id, b.chain, b.quantity FROM billed_places(p_account, p_seller, p_meter, p_from, p_begin, p_end) b),
    part AS (
      SELECT s.*, div(abs(p_total) * s.quantity * sign(p_all), abs(p_all)) AS d, mod(abs(p_total) * s.quantity * sign(p_all), abs(p_all)) AS r
      FROM seg s WHERE p_all <> 0
    ), floored AS (
      -- div and mod go toward 0, and below 0 the one below is meant.
      SELECT p.account_id, p.chain, p.quantity, p.d - (p.r < 0)::int AS d, p.r + CASE WHEN p.r < 0 THEN abs(p_all) ELSE 0 END AS r FROM part p
    ), ranked AS (
      SELECT f.*, row_number() OVER (ORDER BY f.r DESC, f.quantity DESC, f.account_id, f.chain) AS at, abs(p_total) - sum(f.d) OVER () AS missing FROM floored f
      UNION ALL SELECT s.account_id, s.chain, s.quantity, 0, 0, 1, 0 FROM seg s WHERE p_all = 0
    )
    SELECT row_number() OVER (ORDER BY x.chain, x.account_id), x.account_id, x.chain, x.quantity, sign(p_total) * (x.d + (x.at <= x.missing)::int)
    FROM ranked x WHERE (SELECT coalesce(sum(s.quantity), 0) FROM seg s) = p_all;
END $$;
REVOKE ALL ON FUNCTION split_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION split_places TO tenantree_app;

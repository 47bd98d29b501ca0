-- The lines of one meter, payer (or seller and customer) and period, in the order of the tree: what all of it costs (p_total, minor units) is
-- split by quantity with largest remainders, exactly as the domain does it (money/split.ts). numeric has no division here but div and mod,
-- which are whole. No line where the quantity is another than was rated (p_all): it changed meanwhile, and is to be rated again.
CREATE OR REPLACE FUNCTION split_usage(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_all numeric, p_total numeric)
RETURNS TABLE (n bigint, for_account uuid, for_name text, above text[], place bytea, quantity numeric, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  root uuid := acting_root();
  first bytea := acting_key();
  last bytea := acting_end();
BEGIN
  RETURN QUERY
    WITH seg AS MATERIALIZED (SELECT b.account_id, b.chain, b.quantity FROM billed_places(p_account, p_seller, p_meter, p_from) b),
    names AS MATERIALIZED (
      SELECT x.above_of, x.names FROM names_above(ARRAY(SELECT DISTINCT substr(s.chain, 1, octet_length(s.chain) - 16) FROM seg s)) x
    ),
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
    SELECT row_number() OVER (ORDER BY x.chain, x.account_id), x.account_id, coalesce(n.name, name_then(x.account_id)), a.names, x.chain, x.quantity,
      sign(p_total) * (x.d + (x.at <= x.missing)::int)
    FROM ranked x LEFT JOIN names a ON a.above_of = substr(x.chain, 1, octet_length(x.chain) - 16)
    LEFT JOIN LATERAL (
      -- Not the whole tree once, and no function for each.
      SELECT y.name FROM accounts y WHERE y.root_id = root AND y.id = x.account_id AND y.path_key >= first AND y.path_key < last LIMIT 1
    ) n ON true
    WHERE (SELECT coalesce(sum(s.quantity), 0) FROM seg s) = p_all;
END $$;
REVOKE ALL ON FUNCTION split_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION split_usage TO tenantree_app;

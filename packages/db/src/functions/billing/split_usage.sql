-- What all of one meter, payer (or seller and customer) and period or a part of it costs (p_total, minor units), split over the places by
-- quantity with largest remainders, exactly as the domain does it (money/split.ts): a row for each line, in the order of the tree. numeric has no
-- division here but div and mod, which are whole. Nothing where the quantity is another than was rated (p_all): it changed meanwhile, and is to
-- be rated again.
--   p_named  with the names of then; otherwise there are none
CREATE OR REPLACE FUNCTION split_usage(
  p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz, p_all numeric, p_total numeric, p_named boolean
) RETURNS TABLE (for_account uuid, for_name text, above text[], place bytea, quantity numeric, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET enable_seqscan = off SET enable_mergejoin = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  root uuid := acting_root();
  first bytea := acting_key();
  last bytea := acting_end();
  divisor numeric := CASE WHEN p_all = 0 THEN 1 ELSE abs(p_all) END;
  factor numeric := abs(p_total) * sign(p_all);
BEGIN
  RETURN QUERY
    WITH shares AS (
      SELECT b.account_id, b.name, b.chain, b.quantity, factor * b.quantity AS share
      FROM billed_places(p_account, p_seller, p_meter, p_from, p_begin, p_end) b OFFSET 0
    ), divided AS (SELECT s.*, div(s.share, divisor) AS d FROM shares s OFFSET 0),
    rest AS (SELECT d.*, d.share - d.d * divisor AS r FROM divided d OFFSET 0),
    -- All lines, in no order yet: what each gets, and the names above it, are told from here.
    floored AS MATERIALIZED (
      -- div goes toward 0, and below 0 the one below is meant.
      SELECT r.account_id, r.name, r.chain, r.quantity, CASE WHEN r.r < 0 THEN r.d - 1 ELSE r.d END AS d, CASE WHEN r.r < 0 THEN r.r + divisor ELSE r.r END AS r FROM rest r
    ), sums AS MATERIALIZED (
      SELECT coalesce(sum(f.quantity), 0) AS quantity, CASE WHEN p_all = 0 THEN 0 ELSE greatest(abs(p_total) - sum(f.d), 0) END AS missing FROM floored f
    ),
    -- The last remainder that gets one of those that are missing, and who gets one of those that have just that: few. Sorted are remainders
    -- alone, and all of them: with a limit they would be kept in a heap, without the short keys that a sort compares.
    remainders AS MATERIALIZED (SELECT f.r FROM floored f ORDER BY f.r DESC),
    edge AS MATERIALIZED (SELECT x.r FROM remainders x OFFSET (SELECT greatest(s.missing, 1) - 1 FROM sums s) LIMIT 1),
    chosen AS MATERIALIZED (
      SELECT f.account_id, f.chain FROM floored f WHERE f.r = (SELECT e.r FROM edge e) ORDER BY f.quantity DESC, f.account_id, f.chain
      LIMIT (SELECT count(*) FROM (SELECT x.r FROM remainders x LIMIT (SELECT s.missing FROM sums s)) x WHERE x.r = (SELECT e.r FROM edge e))
    ),
    names AS MATERIALIZED (
      SELECT x.above_of, x.names FROM names_above(ARRAY(SELECT DISTINCT substr(f.chain, 1, octet_length(f.chain) - 16) FROM floored f)) x WHERE p_named
    )
    SELECT l.account_id,
      -- Most that moved are there still: a look-up takes a fiftieth of what name_then does.
      CASE WHEN p_named THEN coalesce(l.name,
        (SELECT x.name FROM accounts x WHERE x.root_id = root AND x.id = l.account_id AND x.path_key >= first AND x.path_key < last LIMIT 1),
        name_then(l.account_id)) END,
      a.names, l.chain, l.quantity, CASE WHEN p_total < 0 THEN -l.amount ELSE l.amount END
    FROM (
      SELECT f.account_id, f.name, f.chain, f.quantity,
        CASE WHEN f.r > e.r OR (f.r = e.r AND (f.account_id, f.chain) IN (SELECT c.account_id, c.chain FROM chosen c)) THEN f.d + 1 ELSE f.d END AS amount
      FROM floored f, edge e, sums s WHERE s.quantity = p_all
    ) l LEFT JOIN names a ON a.above_of = substr(l.chain, 1, octet_length(l.chain) - 16)
    ORDER BY l.chain, l.account_id;
END $$;
REVOKE ALL ON FUNCTION split_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION split_usage TO tenantree_app;

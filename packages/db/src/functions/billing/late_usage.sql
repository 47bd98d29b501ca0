-- What a payer's usage of a closed period is now beyond what its invoices bill of it, by line; and what they bill in all. Of lines without a
-- difference nothing, and always one row, for the sum.
CREATE OR REPLACE FUNCTION late_usage(p_payer uuid, p_counted text, p_meter text, p_from timestamptz)
RETURNS TABLE (for_account uuid, for_name text, above text[], place bytea, difference numeric, billed numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
  WITH present AS MATERIALIZED (SELECT * FROM billed_places(p_payer, NULL, p_counted, p_from, NULL, NULL)),
  past AS MATERIALIZED (
    SELECT l.for_account AS account_id, parent_in(l.place) AS parent, substr(l.place, 17, 16) AS top, max(l.place) AS chain, sum(l.quantity) AS quantity
    FROM invoice_lines l WHERE l.account_id = p_payer AND l.of_period = p_from AND l.meter = p_meter AND l.quantity IS NOT NULL GROUP BY 1, 2, 3
  ), late AS MATERIALIZED (
    SELECT account_id, coalesce(n.chain, p.chain) AS chain, coalesce(n.quantity, 0) - coalesce(p.quantity, 0) AS difference
    FROM present n FULL JOIN past p USING (account_id, parent, top) WHERE coalesce(n.quantity, 0) <> coalesce(p.quantity, 0)
  ), names AS MATERIALIZED (SELECT x.above_of, x.names FROM names_above(ARRAY(SELECT DISTINCT substr(l.chain, 1, octet_length(l.chain) - 16) FROM late l)) x)
  SELECT l.account_id, name_then(l.account_id), a.names, l.chain, l.difference, b.billed
  FROM (SELECT coalesce(sum(quantity), 0) AS billed FROM past) b
  LEFT JOIN (late l LEFT JOIN names a ON a.above_of = substr(l.chain, 1, octet_length(l.chain) - 16)) ON true
  ORDER BY l.account_id, l.chain
$$;
REVOKE ALL ON FUNCTION late_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION late_usage TO tenantree_app;

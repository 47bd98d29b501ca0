-- What late_usage says of a payer, of a customer: what a part of a period with a frozen statement is now beyond what its statements say of it.
--   p_begin, p_end  the part, as its lines name it   p_whole  whether it is all of the period
CREATE OR REPLACE FUNCTION late_of_customer(
  p_seller uuid, p_customer uuid, p_counted text, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz, p_whole boolean
) RETURNS TABLE (for_account uuid, for_name text, above text[], place bytea, difference numeric, billed numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
  WITH present AS MATERIALIZED (
    SELECT * FROM billed_places(p_customer, p_seller, p_counted, p_from, CASE WHEN NOT p_whole THEN p_begin END, CASE WHEN NOT p_whole THEN p_end END)
  ), past AS MATERIALIZED (
    SELECT l.for_account AS account_id, parent_in(l.place) AS parent, below_in(l.place, p_customer) AS top, max(l.place) AS chain, sum(l.quantity) AS quantity
    FROM statements s JOIN statement_lines l ON l.account_id = s.account_id AND l.statement_id = s.id
    WHERE s.account_id = p_seller AND s.customer_id = p_customer AND s.period >= p_from
      AND l.of_period = p_from AND l.meter = p_meter AND l.valid_from = p_begin AND l.quantity IS NOT NULL GROUP BY 1, 2, 3
  ), late AS MATERIALIZED (
    SELECT account_id, coalesce(n.chain, p.chain) AS chain, coalesce(n.quantity, 0) - coalesce(p.quantity, 0) AS difference
    FROM present n FULL JOIN past p USING (account_id, parent, top) WHERE coalesce(n.quantity, 0) <> coalesce(p.quantity, 0)
  ), names AS MATERIALIZED (SELECT x.above_of, x.names FROM names_above(ARRAY(SELECT DISTINCT substr(l.chain, 1, octet_length(l.chain) - 16) FROM late l)) x)
  SELECT l.account_id, name_then(l.account_id), a.names, l.chain, l.difference, b.billed
  FROM (SELECT coalesce(sum(quantity), 0) AS billed FROM past) b
  LEFT JOIN (late l LEFT JOIN names a ON a.above_of = substr(l.chain, 1, octet_length(l.chain) - 16)) ON true
  ORDER BY l.account_id, l.chain
$$;
REVOKE ALL ON FUNCTION late_of_customer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION late_of_customer TO tenantree_app;

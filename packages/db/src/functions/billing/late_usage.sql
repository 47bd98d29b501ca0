-- What usage of a closed period is now beyond what is billed of it, by line; and what is billed in all. Of lines without a difference nothing,
-- and always one row, for the sum. Billed are the invoices of a payer (p_seller NULL), or the statements of a customer from that seller.
--   p_begin, p_end  a part of the period, of a customer (NULL: all of it)   p_named  what lines of statements say that their part begins with
CREATE OR REPLACE FUNCTION late_usage(
  p_account uuid, p_seller uuid, p_counted text, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz, p_named timestamptz
) RETURNS TABLE (for_account uuid, for_name text, above text[], place bytea, difference numeric, billed numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET work_mem = '64MB' SET enable_seqscan = off AS $$
  WITH present AS MATERIALIZED (SELECT * FROM billed_places(p_account, p_seller, p_counted, p_from, p_begin, p_end)),
  lines AS (
    SELECT l.for_account, l.place, substr(l.place, 17, 16) AS top, l.quantity
    FROM invoices i JOIN invoice_lines l ON l.account_id = i.account_id AND l.invoice_id = i.id
    WHERE p_seller IS NULL AND i.account_id = p_account AND i.kind <> 'credit' AND i.period >= p_from
      AND l.of_period = p_from AND l.meter = p_meter AND l.quantity IS NOT NULL
    UNION ALL
    SELECT l.for_account, l.place, below_in(l.place, p_account), l.quantity
    FROM statements s JOIN statement_lines l ON l.account_id = s.account_id AND l.statement_id = s.id
    WHERE s.account_id = p_seller AND s.customer_id = p_account AND s.period >= p_from
      AND l.of_period = p_from AND l.meter = p_meter AND l.valid_from = p_named AND l.quantity IS NOT NULL
  ), past AS MATERIALIZED (
    SELECT l.for_account AS account_id, parent_in(l.place) AS parent, l.top, max(l.place) AS chain, sum(l.quantity) AS quantity FROM lines l GROUP BY 1, 2, 3
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

-- What the accounts of some places were called that stand above them there, root first; each place once. Names are those of now where the
-- acting account sees them, and otherwise those with which accounts left.
CREATE OR REPLACE FUNCTION names_above(p_chains bytea[]) RETURNS TABLE (above_of bytea, names text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET work_mem = '64MB' AS $$
  WITH steps AS MATERIALIZED (
    SELECT a.above, l.level, substr(a.above, l.level * 16 - 15, 16) AS id
    FROM (SELECT DISTINCT substr(c, 1, octet_length(c) - 16) AS above FROM unnest(p_chains) c) a
    CROSS JOIN LATERAL generate_series(1, octet_length(a.above) / 16) l(level)
  ), named AS MATERIALIZED (
    SELECT s.id, name_then(encode(s.id, 'hex')::uuid) AS name FROM (SELECT DISTINCT id FROM steps) s
  )
  SELECT s.above, array_agg(n.name ORDER BY s.level) FROM steps s JOIN named n USING (id) GROUP BY 1
$$;
REVOKE ALL ON FUNCTION names_above FROM PUBLIC;
GRANT EXECUTE ON FUNCTION names_above TO tenantree_app;

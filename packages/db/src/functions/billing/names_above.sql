-- What the accounts were called that stand above some places, root first. Names are those of now where the acting account sees them, and
-- otherwise those with which accounts left.
--   p_aboves  the chains above those places, each once
CREATE OR REPLACE FUNCTION names_above(p_aboves bytea[]) RETURNS TABLE (above_of bytea, names text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET work_mem = '64MB' AS $$
DECLARE
  root uuid := acting_root();
  first bytea := acting_key();
  last bytea := acting_end();
BEGIN
  RETURN QUERY
    WITH steps AS MATERIALIZED (
      SELECT a.above, l.level, substr(a.above, l.level * 16 - 15, 16) AS id
      FROM unnest(p_aboves) a(above) CROSS JOIN LATERAL generate_series(1, octet_length(a.above) / 16) l(level)
    ), ids AS MATERIALIZED (
      SELECT d.id, encode(d.id, 'hex')::uuid AS account FROM (SELECT DISTINCT s.id FROM steps s) d
    ), named AS MATERIALIZED (
      SELECT i.id, coalesce(n.name, name_then(i.account)) AS name FROM ids i
      LEFT JOIN LATERAL (
        SELECT x.name FROM accounts x WHERE x.root_id = root AND x.id = i.account AND x.path_key >= first AND x.path_key < last LIMIT 1
      ) n ON true
    )
    SELECT s.above, array_agg(n.name ORDER BY s.level) FROM steps s JOIN named n USING (id) GROUP BY 1;
END $$;
REVOKE ALL ON FUNCTION names_above FROM PUBLIC;
GRANT EXECUTE ON FUNCTION names_above TO tenantree_app;

-- What the accounts were called that stand above some places, root first. Names are those of now where the acting account sees them, and
-- otherwise those with which accounts left. Chains that these begin with are told of, too.
--   p_aboves  the chains above those places
CREATE OR REPLACE FUNCTION names_above(p_aboves bytea[]) RETURNS TABLE (above_of bytea, names text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  root uuid := acting_root();
  first bytea := acting_key();
  last bytea := acting_end();
BEGIN
  RETURN QUERY
    -- Each chain is named by the one above it and its own account: naming it from the root again took twice as long.
    WITH RECURSIVE chains AS (
      SELECT a.chain FROM unnest(p_aboves) a(chain) WHERE a.chain <> ''
      UNION
      SELECT substr(c.chain, 1, octet_length(c.chain) - 16) FROM chains c WHERE octet_length(c.chain) > 16
    ), steps AS MATERIALIZED (
      SELECT c.chain, substr(c.chain, 1, octet_length(c.chain) - 16) AS above, encode(substr(c.chain, octet_length(c.chain) - 15), 'hex')::uuid AS account FROM chains c
    ), named AS MATERIALIZED (
      SELECT s.chain, s.above, coalesce(n.name, name_then(s.account)) AS name FROM steps s
      LEFT JOIN LATERAL (
        SELECT x.name FROM accounts x WHERE x.root_id = root AND x.id = s.account AND x.path_key >= first AND x.path_key < last LIMIT 1
      ) n ON true
    ), whole AS (
      SELECT n.chain, ARRAY[n.name] AS names FROM named n WHERE n.above = ''
      UNION ALL
      SELECT n.chain, w.names || n.name FROM whole w JOIN named n ON n.above = w.chain
    )
    SELECT w.chain, w.names FROM whole w;
END $$;
REVOKE ALL ON FUNCTION names_above FROM PUBLIC;
GRANT EXECUTE ON FUNCTION names_above TO tenantree_app;

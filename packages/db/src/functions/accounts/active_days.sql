-- The days on which accounts of the acting tree were last active, from one on and before another: each once. One look into an index for each.
CREATE OR REPLACE FUNCTION active_days(p_from date, p_before date) RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
  WITH RECURSIVE found AS (
    (SELECT a.active_on FROM accounts a WHERE a.root_id = acting_root() AND a.active_on >= p_from AND a.active_on < p_before ORDER BY a.active_on LIMIT 1)
    UNION ALL
    SELECT (SELECT a.active_on FROM accounts a
      WHERE a.root_id = acting_root() AND a.active_on > f.active_on AND a.active_on < p_before ORDER BY a.active_on LIMIT 1)
    FROM found f WHERE f.active_on IS NOT NULL
  )
  SELECT active_on FROM found WHERE active_on IS NOT NULL
$$;
REVOKE ALL ON FUNCTION active_days FROM PUBLIC;
GRANT EXECUTE ON FUNCTION active_days TO tenantree_app;

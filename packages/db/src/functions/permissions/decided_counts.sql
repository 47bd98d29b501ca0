-- How many permissions are decided for accounts of the acting tree, from so many on and fewer than so many: each number once, and mostly one or none.
-- One look into an index for each.
CREATE OR REPLACE FUNCTION decided_counts(p_from int, p_below int) RETURNS SETOF smallint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
  WITH RECURSIVE found AS (
    (SELECT a.caps_decided FROM accounts a WHERE a.root_id = acting_root() AND a.caps_decided >= p_from AND a.caps_decided < p_below ORDER BY a.caps_decided LIMIT 1)
    UNION ALL
    SELECT (SELECT a.caps_decided FROM accounts a
      WHERE a.root_id = acting_root() AND a.caps_decided > f.caps_decided AND a.caps_decided < p_below ORDER BY a.caps_decided LIMIT 1)
    FROM found f WHERE f.caps_decided IS NOT NULL
  )
  SELECT caps_decided FROM found WHERE caps_decided IS NOT NULL
$$;
REVOKE ALL ON FUNCTION decided_counts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION decided_counts TO tenantree_app;

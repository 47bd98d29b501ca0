-- The trees that have uncounted usage, and since when.
CREATE OR REPLACE FUNCTION uncounted_trees() RETURNS TABLE (root_id uuid, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.root_id, min(u.recorded_at) FROM uncounted_usage u GROUP BY u.root_id ORDER BY 2
$$;
REVOKE ALL ON FUNCTION uncounted_trees FROM PUBLIC;
GRANT EXECUTE ON FUNCTION uncounted_trees TO tenantree_serve;

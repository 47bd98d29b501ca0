-- How many jobs are live, and for how long the one that is overdue the longest waits for its next step.
CREATE OR REPLACE FUNCTION job_backlog() RETURNS TABLE (live int, overdue_ms float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*)::int, greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)) * 1000, 0))::float8
  FROM jobs WHERE ended_at IS NULL
$$;
REVOKE ALL ON FUNCTION job_backlog FROM PUBLIC;
GRANT EXECUTE ON FUNCTION job_backlog TO tenantree_serve;

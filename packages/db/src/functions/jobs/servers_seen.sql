-- How many servers said within a time that they live (tend_jobs).
CREATE OR REPLACE FUNCTION servers_seen(p_within_ms int) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*)::int FROM job_workers WHERE seen_at >= clock_timestamp() - p_within_ms * interval '1 ms'
$$;
REVOKE ALL ON FUNCTION servers_seen FROM PUBLIC;
GRANT EXECUTE ON FUNCTION servers_seen TO tenantree_serve;

-- A server says that it lives (p_pool), which of its former pools have ended (p_ended), and does what those who don't live left behind: what they had locked goes to others (graphile-worker
-- alone would wait four hours), and live jobs that nobody is about to wake are woken. How many servers had fallen silent.
CREATE OR REPLACE FUNCTION tend_jobs(p_pool text, p_ended text[], p_silent_ms int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '10s' AS $$
DECLARE
  silent text[];
  since timestamptz := clock_timestamp() - p_silent_ms * interval '1 ms';
BEGIN
  INSERT INTO job_workers VALUES (p_pool, clock_timestamp()) ON CONFLICT (pool_id) DO UPDATE SET seen_at = clock_timestamp();
  IF cardinality(p_ended) > 0 THEN PERFORM graphile_worker.force_unlock_workers(p_ended); END IF;
  -- One is enough.
  IF NOT pg_try_advisory_xact_lock(hashtextextended('tenantree.jobs', 0)) THEN RETURN 0; END IF;
  silent := ARRAY(SELECT DISTINCT g.locked_by FROM graphile_worker._private_jobs g
    WHERE g.locked_at < since AND NOT EXISTS (SELECT FROM job_workers w WHERE w.pool_id = g.locked_by AND w.seen_at >= since));
  IF cardinality(silent) > 0 THEN PERFORM graphile_worker.force_unlock_workers(silent); END IF;
  DELETE FROM job_workers WHERE seen_at < since;
  PERFORM wake_at(j.account_id, j.id, clock_timestamp()) FROM jobs j
    WHERE j.ended_at IS NULL AND j.due_at < since AND NOT EXISTS (SELECT FROM graphile_worker._private_jobs g
      WHERE g.key = 'job:' || j.id AND (g.locked_at IS NOT NULL OR (g.is_available AND g.run_at < clock_timestamp())));
  RETURN cardinality(silent);
END $$;
REVOKE ALL ON FUNCTION tend_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend_jobs TO tenantree_serve;

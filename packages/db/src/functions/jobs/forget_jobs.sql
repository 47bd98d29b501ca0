-- Forgets jobs that ended long ago, with their items, files that have expired, and what graphile-worker keeps of steps that were given up.
CREATE OR REPLACE FUNCTION forget_jobs(p_ended_before timestamptz, p_now timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE gone int;
BEGIN
  WITH old AS (DELETE FROM jobs WHERE ended_at < p_ended_before RETURNING account_id, id),
    items AS (DELETE FROM job_items i USING old o WHERE i.account_id = o.account_id AND i.job_id = o.id)
  SELECT count(*) INTO gone FROM old;
  DELETE FROM job_files WHERE expires_at <= p_now;
  DELETE FROM graphile_worker._private_jobs WHERE attempts >= max_attempts AND locked_at IS NULL;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_jobs TO tenantree_serve;

-- Asked again, it is woken once, at the later time; in the middle of a step, once more after it.
CREATE OR REPLACE FUNCTION wake_at(p_account uuid, p_job uuid, p_due timestamptz) RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
  SELECT graphile_worker.add_job('job.step', json_build_object('account', p_account, 'job', p_job), job_key => 'job:' || p_job, run_at => p_due)
$$;
REVOKE ALL ON FUNCTION wake_at FROM PUBLIC;

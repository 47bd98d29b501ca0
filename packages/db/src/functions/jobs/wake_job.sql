-- Lets a job of the acting account's subtree have its next step, after a while. Part of the transaction that asks for it.
CREATE OR REPLACE FUNCTION wake_job(p_account uuid, p_job uuid, p_in_ms bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE due timestamptz := clock_timestamp() + p_in_ms * interval '1 ms';
BEGIN
  UPDATE jobs j SET due_at = due WHERE j.account_id = p_account AND j.id = p_job AND j.ended_at IS NULL
    AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_account
      AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE LIMIT 1);
  IF FOUND THEN PERFORM wake_at(p_account, p_job, due); END IF;
END $$;
REVOKE ALL ON FUNCTION wake_job FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wake_job TO tenantree_app;

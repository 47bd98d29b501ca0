-- Ends the subscription of the acting account, and what it allowed. One that has not begun yet never does.
CREATE OR REPLACE FUNCTION end_subscription(p_account uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM reached(p_account);
  DELETE FROM subscriptions WHERE account_id = p_account AND valid_from >= p_at;
  UPDATE subscriptions SET valid_to = p_at WHERE account_id = p_account AND (valid_to IS NULL OR valid_to > p_at);
  UPDATE limits SET cap = nullif(cap, plan_cap), plan_cap = NULL, version = version + 1
    WHERE root_id = p_account AND account_id = p_account AND plan_cap IS NOT NULL;
END $$;
REVOKE ALL ON FUNCTION end_subscription FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_subscription TO tenantree_app;

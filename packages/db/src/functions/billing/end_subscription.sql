-- Ends the subscription of the acting account. One that has not begun yet never does.
CREATE OR REPLACE FUNCTION end_subscription(p_account uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM reached(p_account);
  DELETE FROM subscriptions WHERE account_id = p_account AND valid_from >= p_at;
  UPDATE subscriptions SET valid_to = p_at WHERE account_id = p_account AND (valid_to IS NULL OR valid_to > p_at);
END $$;
REVOKE ALL ON FUNCTION end_subscription FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_subscription TO tenantree_app;

-- Ends the price book of an account whose seller is not right above it any more, or that is closed. One that has not begun yet never does.
CREATE OR REPLACE FUNCTION end_assignments(p_customer uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM reached(p_customer);
  DELETE FROM book_assignments WHERE customer_id = p_customer AND valid_from >= p_at;
  UPDATE book_assignments SET valid_to = p_at WHERE customer_id = p_customer AND (valid_to IS NULL OR valid_to > p_at);
END $$;
REVOKE ALL ON FUNCTION end_assignments FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_assignments TO tenantree_app;

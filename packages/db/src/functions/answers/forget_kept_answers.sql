-- So many at the most, the oldest first, so that nothing waits for it long.
CREATE OR REPLACE FUNCTION forget_kept_answers(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE forgotten int;
BEGIN
  DELETE FROM kept_answers WHERE ctid = ANY (ARRAY(
    SELECT k.ctid FROM kept_answers k WHERE k.kept_at <= p_before ORDER BY k.kept_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION forget_kept_answers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_kept_answers TO tenantree_serve;

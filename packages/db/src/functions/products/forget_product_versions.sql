-- Forgets what products were until long ago: so many at the most, the oldest first.
CREATE OR REPLACE FUNCTION forget_product_versions(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE forgotten int;
BEGIN
  DELETE FROM product_versions WHERE ctid = ANY (ARRAY(
    SELECT v.ctid FROM product_versions v WHERE v.ended_at <= p_before ORDER BY v.ended_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION forget_product_versions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_product_versions TO tenantree_serve;

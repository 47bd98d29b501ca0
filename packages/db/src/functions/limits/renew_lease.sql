-- Lets a lease live so much longer from now on; false: there is none, or it has ended. The time is the database's.
CREATE OR REPLACE FUNCTION renew_lease(p_account uuid, p_key text, p_seconds int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  UPDATE leases g SET expires_at = clock_timestamp() + p_seconds * interval '1 second'
  FROM account_roots d WHERE d.id = p_account AND g.root_id = d.root_id AND g.account_id = p_account AND g.key = p_key
    AND g.expires_at > clock_timestamp() AND NOT g.settling;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION renew_lease FROM PUBLIC;
GRANT EXECUTE ON FUNCTION renew_lease TO tenantree_serve;

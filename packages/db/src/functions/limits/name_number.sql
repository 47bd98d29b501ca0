-- Notes which phone number of an account a lease is on the line with; without a key it is only asked whether there is such a number. Whoever
-- moves the number waits for this, or is waited for.
--   'named', 'missing': the account has no such number; 'other': the lease names another one
CREATE OR REPLACE FUNCTION name_number(p_account uuid, p_number uuid, p_key text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
DECLARE root uuid := (SELECT d.root_id FROM account_roots d WHERE d.id = p_account);
BEGIN
  PERFORM FROM products p WHERE p.root_id = root AND p.account_id = p_account AND p.id = p_number AND p.kind = 'phoneNumber' FOR KEY SHARE;
  IF NOT FOUND THEN RETURN 'missing'; END IF;
  UPDATE leases g SET number_id = p_number WHERE g.root_id = root AND g.account_id = p_account AND g.key = p_key AND g.number_id IS NULL;
  RETURN CASE WHEN EXISTS (
    SELECT FROM leases g WHERE g.root_id = root AND g.account_id = p_account AND g.key = p_key AND g.number_id <> p_number) THEN 'other' ELSE 'named' END;
END $$;
REVOKE ALL ON FUNCTION name_number FROM PUBLIC;
GRANT EXECUTE ON FUNCTION name_number TO tenantree_serve;

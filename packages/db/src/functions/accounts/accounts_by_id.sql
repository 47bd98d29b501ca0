-- Some accounts of the acting account's subtree, in no order; those out of it are left out. All are looked up at once: one by one, each would
-- walk down an index that the others just walked, and no statement of whoever asks is planned with the row-level security of accounts.
CREATE OR REPLACE FUNCTION accounts_by_id(p_accounts uuid[]) RETURNS SETOF accounts
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  root uuid := acting_root();
  lowest bytea := acting_key();
  ending bytea := acting_end();
BEGIN
  -- IS TRUE: by their ids, and never by their place.
  RETURN QUERY SELECT a.* FROM accounts a WHERE a.root_id = root AND a.id = ANY (p_accounts) AND (a.path_key >= lowest AND a.path_key < ending) IS TRUE;
END $$;
REVOKE ALL ON FUNCTION accounts_by_id FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_by_id TO tenantree_app;

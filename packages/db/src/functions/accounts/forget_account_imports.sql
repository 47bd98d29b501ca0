-- Forgets files of accounts whose time is over, with their rows; how many files.
CREATE OR REPLACE FUNCTION forget_account_imports(p_now timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE gone int;
BEGIN
  WITH old AS (DELETE FROM account_imports WHERE expires_at <= p_now RETURNING root_id, account_id, id),
    forgotten AS (DELETE FROM account_import_rows r USING old o WHERE r.root_id = o.root_id AND r.account_id = o.account_id AND r.import_id = o.id)
  SELECT count(*) INTO gone FROM old;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_account_imports FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_account_imports TO tenantree_serve;

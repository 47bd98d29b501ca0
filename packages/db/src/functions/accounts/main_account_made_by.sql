-- The main account that a person made with an external id of theirs, and still reaches. Until the transaction ends, the same person's
-- wishes with the same external id wait: they are repeats, and the one that comes first makes the account.
CREATE OR REPLACE FUNCTION main_account_made_by(p_user uuid, p_external_id text) RETURNS TABLE (id uuid, name text, status text, metadata jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'main account', p_user, p_external_id), 0));
  RETURN QUERY SELECT a.id, a.name, a.status, a.metadata FROM accounts a
    WHERE a.external_id = p_external_id AND a.parent_id IS NULL AND a.created_by = p_user
      AND EXISTS (SELECT 1 FROM members m WHERE m.root_id = a.root_id AND m.account_id = a.id AND m.user_id = p_user)
    ORDER BY a.id LIMIT 1;
END $$;
REVOKE ALL ON FUNCTION main_account_made_by FROM PUBLIC;
GRANT EXECUTE ON FUNCTION main_account_made_by TO tenantree_app;

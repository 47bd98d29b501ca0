-- Where a person who was to be mailed about a limit of an account is reached: nothing, if by now they are neither owner nor admin at the account
-- where they were (p_member), or the account doesn't stand there or below it any more.
CREATE OR REPLACE FUNCTION alert_reader(p_account uuid, p_member uuid, p_user uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  RETURN (
    SELECT u.shown_email FROM members m CROSS JOIN LATERAL (SELECT x.shown_email FROM auth.users x WHERE x.id = m.user_id LIMIT 1) u
    WHERE m.root_id = a.root_id AND m.account_id = p_member AND m.user_id = p_user AND m.role IN ('owner', 'admin')
      AND p_member = ANY (path_of(a.root_id, a.path_key)));
END $$;
REVOKE ALL ON FUNCTION alert_reader FROM PUBLIC;
GRANT EXECUTE ON FUNCTION alert_reader TO tenantree_app;

-- How a tenant's transaction begins, and its only way to an acting account. Not a SECURITY DEFINER function, so that it asks about the
-- role that the transaction reads and writes with, whatever stands between it and the server: without row-level security nothing begins.
CREATE OR REPLACE FUNCTION act_as(p_account uuid, p_user uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'tenantree_app' OR NOT row_security_active('public.accounts') THEN
    RAISE EXCEPTION 'row-level security is not in force for %', current_user USING ERRCODE = 'operator_intervention';
  END IF;
  PERFORM public.bind_tenant(p_account, p_user);
END $$;
REVOKE ALL ON FUNCTION act_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act_as TO tenantree_app;

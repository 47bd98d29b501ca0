-- The same for what somebody did with their sign-in, which is of no tree and shows nothing.
CREATE OR REPLACE FUNCTION end_sign_in_change(p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE nobody uuid := '00000000-0000-0000-0000-000000000000'; head journal_heads;
BEGIN
  head := chain_rows(nobody, NULL, (
    SELECT jsonb_agg(e.entry || jsonb_build_object('account_id', nobody, 'path_key', ''::bytea, 'shows', '{}'::uuid[], 'is_moved', false) ORDER BY e.n)
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)));
  RETURN head.seq;
END $$;
REVOKE ALL ON FUNCTION end_sign_in_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_sign_in_change TO tenantree_auth;

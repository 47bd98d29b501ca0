-- Keeps a person's memberships above and in an account of the acting subtree, and a key of theirs, until this transaction ends: who takes
-- them away waits, and finds what was made. held: both are there. Memberships first, as in removing somebody. The account stays where it
-- is, too, and its place is read when that is sure.
CREATE OR REPLACE FUNCTION hold_standing(p_account uuid, p_user uuid, p_key uuid, OUT held boolean, OUT key_ends_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE root uuid := acting_root(); chain uuid[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(root::text, 0));
  PERFORM bind_tenant(acting_account(), acting_user());
  SELECT path_of(a.root_id, a.path_key) INTO chain FROM accounts a
    WHERE a.root_id = root AND a.id = p_account AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE;
  PERFORM 1 FROM members m WHERE m.root_id = root AND m.account_id = ANY (chain) AND m.user_id = p_user ORDER BY m.account_id FOR SHARE;
  held := FOUND;
  IF p_key IS NOT NULL THEN
    SELECT k.expires_at INTO key_ends_at FROM api_keys k WHERE k.root_id = root AND k.id = p_key AND k.revoked_at IS NULL FOR SHARE;
    held := held AND FOUND;
  END IF;
END $$;
REVOKE ALL ON FUNCTION hold_standing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hold_standing TO tenantree_app;

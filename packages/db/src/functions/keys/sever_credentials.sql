-- What is made with a key ends with it, and no key reaches into another tree: when a subtree leaves, what was made across the cut ends.
CREATE OR REPLACE FUNCTION sever_credentials(p_root uuid, p_key bytea, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT id FROM accounts WHERE root_id = p_root AND path_key >= p_key AND path_key < p_key || '\xff'::bytea);
  severed uuid[] := ARRAY(SELECT k.id FROM api_keys k JOIN api_keys m ON m.root_id = p_root AND m.id = k.made_by
    WHERE k.root_id = p_root AND k.made_by IS NOT NULL AND (k.account_id = ANY (ids)) <> (m.account_id = ANY (ids)));
BEGIN
  PERFORM revoke_generations(p_root, severed, p_now);
  UPDATE api_keys SET made_by = NULL WHERE root_id = p_root AND id = ANY (severed);
  DELETE FROM invitations i USING api_keys m
    WHERE i.root_id = p_root AND i.accepted_at IS NULL AND m.root_id = p_root AND m.id = i.made_by AND (i.account_id = ANY (ids)) <> (m.account_id = ANY (ids));
  UPDATE invitations i SET made_by = NULL FROM api_keys m
    WHERE i.root_id = p_root AND m.root_id = p_root AND m.id = i.made_by AND (i.account_id = ANY (ids)) <> (m.account_id = ANY (ids));
END $$;
REVOKE ALL ON FUNCTION sever_credentials FROM PUBLIC;

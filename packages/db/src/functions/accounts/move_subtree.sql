-- Moves a subtree: remembers where its accounts stood until now and rewrites their keys (what is counted of later goes along:
-- replace_counted_usage). A clock that went back moves nothing into the time before an earlier move.
CREATE OR REPLACE FUNCTION move_subtree(p_account uuid, p_parent uuid, p_version bigint, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  a accounts := reached(p_account);
  target accounts := reached(p_parent);
  old_end bytea := a.path_key || '\xff'::bytea;
  new_key bytea := target.path_key || uuid_send(a.id);
  moved_at timestamptz;
BEGIN
  IF target.path_key >= a.path_key AND target.path_key < old_end THEN
    RAISE EXCEPTION 'account % can not be moved below itself', p_account USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT greatest(p_now, max(placed_at)) INTO moved_at FROM accounts
    WHERE root_id = a.root_id AND path_key >= a.path_key AND path_key < old_end;
  PERFORM graft(a, p_version, -1);
  UPDATE tree_versions SET shape = shape + 1 WHERE root_id = a.root_id;
  PERFORM replace_counted_usage(a.root_id, a.path_key, path_of(a.root_id, target.path_key), moved_at, p_version, a.root_id, p_version);
  PERFORM keep_segments(a.root_id, a.path_key, moved_at);
  INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id, name)
    SELECT id, moved_at, root_id, path_key, payer_id, name FROM accounts
    WHERE root_id = a.root_id AND path_key >= a.path_key AND path_key < old_end
    ON CONFLICT DO NOTHING;
  PERFORM end_assignments(p_account, moved_at);
  -- Who paid for them from above is who paid for the account.
  UPDATE accounts SET
    path_key = new_key || substr(path_key, octet_length(a.path_key) + 1),
    parent_id = CASE WHEN id = p_account THEN p_parent ELSE parent_id END,
    payer_id = CASE WHEN payer_id = a.payer_id AND a.payer_id <> p_account THEN target.payer_id ELSE payer_id END,
    placed_at = moved_at,
    version = CASE WHEN id = p_account THEN p_version ELSE version END
  WHERE root_id = a.root_id AND path_key >= a.path_key AND path_key < old_end;
  PERFORM place_members(a.root_id, ARRAY(SELECT x.id FROM accounts x WHERE x.root_id = a.root_id AND x.path_key >= new_key AND x.path_key < new_key || '\xff'::bytea),
    p_account, new_key);
  -- What set it up from above, and does not stand above it any more, is nothing to it.
  DELETE FROM blueprint_applications b USING accounts x WHERE b.root_id = a.root_id AND x.root_id = a.root_id AND x.id = b.account_id
    AND x.path_key >= new_key AND x.path_key < new_key || '\xff'::bytea AND b.blueprint_account <> ALL (path_of(a.root_id, x.path_key));
  -- Those above both places have it already.
  PERFORM graft(reached(p_account), p_version, 1, path_of(a.root_id, substr(new_key, 1, shared_levels(a.path_key, target.path_key) * 16)));
END $$;
REVOKE ALL ON FUNCTION move_subtree FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_subtree TO tenantree_app;

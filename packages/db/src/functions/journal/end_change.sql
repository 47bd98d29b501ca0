-- Ends a change of the acting account's tree: writes what happened, and notes for whoever resumes what the version changed. Its last
-- statement. The first row tells what all of the change shows. A change of very many accounts is written in parts, of which the first one
-- says what is shown.
--   p_shows, p_moved  as in tree_changes
CREATE OR REPLACE FUNCTION end_change(p_root uuid, p_version bigint, p_shows uuid[], p_moved boolean, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE alerts jsonb := take_alerts(); head journal_heads;
BEGIN
  PERFORM is_own_tree(p_root);
  INSERT INTO tree_changes (root_id, version, kind, accounts, at)
    VALUES (p_root, p_version, CASE WHEN p_moved THEN 'moved' ELSE 'accounts' END, noted_accounts(p_shows), clock_timestamp())
    ON CONFLICT (root_id, version, kind) DO NOTHING;
  -- Not before: a change asks what was last changed before it. That a job begins or ends changes nothing that somebody was shown.
  UPDATE tree_versions SET changed = p_version WHERE root_id = p_root AND p_rows @? '$[*] ? (!(@.kind starts with "job."))';
  -- Limits that the change reached come before what reached them, so that the change's own rows are its last.
  IF alerts <> '[]' THEN PERFORM chain_rows(p_root, p_version, alerts); END IF;
  head := chain_rows(p_root, p_version, p_rows, noted_accounts(p_shows), p_moved);
  RETURN head.seq;
END $$;
REVOKE ALL ON FUNCTION end_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_change TO tenantree_app;

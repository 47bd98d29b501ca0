-- Ends a change of the acting account's tree: writes what happened, and notes for whoever resumes what the version changed. Its last
-- statement. The first row tells what all of the change shows. A change of very many accounts is written in parts, of which the first one
-- says what is shown.
--   p_shows, p_moved  as in tree_changes
CREATE OR REPLACE FUNCTION end_change(p_root uuid, p_version bigint, p_shows uuid[], p_moved boolean, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE placed jsonb; strangers boolean; head journal_heads;
BEGIN
  PERFORM is_own_tree(p_root);
  -- What happened to an account stands where that stands now; one that is gone is the acting account itself.
  SELECT jsonb_agg(e.entry || jsonb_build_object('path_key', coalesce(a.path_key, acting_key()),
      'shows', CASE WHEN e.n = 1 THEN noted_accounts(p_shows) ELSE '{}' END, 'is_moved', e.n = 1 AND p_moved) ORDER BY e.n),
    bool_or(NOT coalesce(a.path_key >= acting_key() AND a.path_key < acting_end(), (e.entry ->> 'account_id')::uuid = acting_account()))
  INTO placed, strangers
  FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)
  LEFT JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = (e.entry ->> 'account_id')::uuid LIMIT 1) a ON true;
  IF strangers THEN
    RAISE EXCEPTION 'the log of an account outside the subtree of the acting one' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO tree_changes (root_id, version, kind, accounts, at)
    VALUES (p_root, p_version, CASE WHEN p_moved THEN 'moved' ELSE 'accounts' END, noted_accounts(p_shows), clock_timestamp())
    ON CONFLICT (root_id, version, kind) DO NOTHING;
  -- Not before: a change asks what was last changed before it. That a job begins or ends changes nothing that somebody was shown.
  UPDATE tree_versions SET changed = p_version WHERE root_id = p_root
    AND EXISTS (SELECT FROM jsonb_array_elements(p_rows) e(entry) WHERE e.entry ->> 'kind' NOT LIKE 'job.%');
  -- Limits that the change reached come before what reached them, so that the change's own rows are its last.
  head := chain_rows(p_root, p_version, take_alerts() || placed);
  RETURN head.seq;
END $$;
REVOKE ALL ON FUNCTION end_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_change TO tenantree_app;

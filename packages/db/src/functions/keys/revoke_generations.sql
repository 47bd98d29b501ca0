-- Revokes keys with all that was made with them, one generation after the other: each waits for those who are making the next.
-- They count no more. Behind begin_tree_change.
-- is_seen: of the acting account's subtree.
CREATE OR REPLACE FUNCTION revoke_generations(p_root uuid, p_first uuid[], p_now timestamptz)
RETURNS TABLE (account_id uuid, id uuid, name text, is_seen boolean) LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE generation uuid[] := p_first; counted uuid[] := '{}';
BEGIN
  WHILE cardinality(generation) > 0 LOOP
    counted := counted || ARRAY(SELECT k.account_id FROM api_keys k WHERE k.root_id = p_root AND k.id = ANY (generation) AND k.revoked_at IS NULL AND k.counted);
    RETURN QUERY UPDATE api_keys k SET revoked_at = p_now, counted = false FROM accounts a
      WHERE k.root_id = p_root AND k.id = ANY (generation) AND k.revoked_at IS NULL AND a.root_id = p_root AND a.id = k.account_id
      RETURNING k.account_id, k.id, k.name, a.path_key >= acting_key() AND a.path_key < acting_end();
    DELETE FROM invitations i WHERE i.root_id = p_root AND i.made_by = ANY (generation) AND i.accepted_at IS NULL;
    generation := ARRAY(SELECT k.id FROM api_keys k WHERE k.root_id = p_root AND k.made_by = ANY (generation));
  END LOOP;
  PERFORM count_fewer_keys(p_root, counted);
END $$;
REVOKE ALL ON FUNCTION revoke_generations FROM PUBLIC;

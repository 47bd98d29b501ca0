-- Every change of a tree's shape starts here: one change of a tree at a time, none while usage of the tree is being counted. The acting
-- account may have been moved while this waited: its place is read again.
CREATE OR REPLACE FUNCTION begin_tree_change(p_root uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v bigint;
BEGIN
  PERFORM is_own_tree(p_root);
  PERFORM pg_advisory_xact_lock(hashtextextended(p_root::text, 0));
  PERFORM bind_tenant(acting_account(), acting_user());
  PERFORM is_own_tree(p_root);
  INSERT INTO tree_versions AS t (root_id, version) VALUES (p_root, 1)
    ON CONFLICT (root_id) DO UPDATE SET version = t.version + 1 RETURNING t.version INTO v;
  RETURN v;
END $$;
REVOKE ALL ON FUNCTION begin_tree_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_tree_change TO tenantree_app;

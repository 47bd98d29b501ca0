-- Few enough children are left: they are sorted by what is read, without rows.
CREATE OR REPLACE FUNCTION unsort_children(p_root uuid, p_parent uuid) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM sorted_parents WHERE root_id = p_root AND account_id = p_parent;
  DELETE FROM account_sort_minutes WHERE parent_id = p_parent;
  DELETE FROM account_sort_counts WHERE parent_id = p_parent;
END $$;
REVOKE ALL ON FUNCTION unsort_children FROM PUBLIC;

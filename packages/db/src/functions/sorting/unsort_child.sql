-- Takes a child's rows away from such a parent.
CREATE OR REPLACE FUNCTION unsort_child(p_before accounts) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM sorted_parents WHERE root_id = p_before.root_id AND account_id = p_before.parent_id FOR SHARE;
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM account_sort_minutes WHERE account_id = p_before.id;
  DELETE FROM account_sort_counts WHERE account_id = p_before.id;
END $$;
REVOKE ALL ON FUNCTION unsort_child FROM PUBLIC;

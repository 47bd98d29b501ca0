-- A parent has many children now: each gets its rows; their minutes are filled in by refill_sort.
CREATE OR REPLACE FUNCTION sort_children(p_parent accounts) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO sorted_trees (root_id, version) SELECT v.root_id, v.version FROM tree_versions v WHERE v.root_id = p_parent.root_id ON CONFLICT DO NOTHING;
  INSERT INTO sorted_parents (root_id, account_id) VALUES (p_parent.root_id, p_parent.id) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO account_sort_minutes (account_id, parent_id, minutes)
    SELECT a.id, a.parent_id, 0 FROM accounts a WHERE a.root_id = p_parent.root_id AND a.parent_id = p_parent.id;
  INSERT INTO account_sort_counts (account_id, parent_id, members, agents)
    SELECT a.id, a.parent_id, a.total_members, a.total_agents FROM accounts a WHERE a.root_id = p_parent.root_id AND a.parent_id = p_parent.id;
END $$;
REVOKE ALL ON FUNCTION sort_children FROM PUBLIC;

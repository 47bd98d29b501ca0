-- Gives a child of such a parent its rows. The parent is held, so that nobody finishes its rows meanwhile without this one.
CREATE OR REPLACE FUNCTION sort_child(p_child accounts) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE parent sorted_parents;
BEGIN
  SELECT * INTO parent FROM sorted_parents WHERE root_id = p_child.root_id AND account_id = p_child.parent_id FOR SHARE;
  IF parent.account_id IS NULL THEN RETURN; END IF;
  INSERT INTO account_sort_minutes (root_id, account_id, parent_id, minutes) VALUES (p_child.root_id, p_child.id, p_child.parent_id,
    sort_key((SELECT t.total FROM usage_totals t WHERE t.account_id = p_child.id AND t.meter = 'call.seconds' AND t.period = parent.period)));
  INSERT INTO account_sort_counts (root_id, account_id, parent_id, members, agents)
    VALUES (p_child.root_id, p_child.id, p_child.parent_id, p_child.total_members, p_child.total_agents);
END $$;
REVOKE ALL ON FUNCTION sort_child FROM PUBLIC;

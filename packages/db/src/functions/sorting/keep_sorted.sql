-- Keeps who has sort rows, and all but minutes in them, in step with accounts.
CREATE OR REPLACE FUNCTION keep_sorted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.parent_id IS DISTINCT FROM NEW.parent_id THEN
    PERFORM unsort_child(OLD);
    PERFORM sort_among_siblings(ARRAY[NEW.root_id], ARRAY[NEW.id]);
  ELSE
    UPDATE account_sort_counts SET members = NEW.total_members, agents = NEW.total_agents
      WHERE account_id = NEW.id AND (members <> NEW.total_members OR agents <> NEW.total_agents);
  END IF;
  IF NEW.children > 200 AND OLD.children <= 200 THEN
    PERFORM sort_children(NEW);
  ELSIF NEW.children < 100 AND OLD.children >= 100 THEN
    PERFORM unsort_children(NEW.root_id, NEW.id);
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_sorted FROM PUBLIC;

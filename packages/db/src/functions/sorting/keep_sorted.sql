-- Keeps who has rows, and all but minutes in them, in step with accounts.
CREATE OR REPLACE FUNCTION keep_sorted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM sort_child(NEW);
    RETURN NULL;
  END IF;
  IF OLD.parent_id IS DISTINCT FROM NEW.parent_id THEN
    PERFORM unsort_child(OLD, NEW.root_id);
    PERFORM sort_child(NEW);
  ELSE
    UPDATE account_sort_counts SET members = NEW.total_members, agents = NEW.total_agents
      WHERE root_id = NEW.root_id AND account_id = NEW.id AND (members <> NEW.total_members OR agents <> NEW.total_agents);
  END IF;
  IF NEW.children > 200 AND OLD.children <= 200 THEN
    PERFORM sort_children(NEW);
  ELSIF NEW.children < 100 AND OLD.children >= 100 THEN
    PERFORM unsort_children(NEW.root_id, NEW.id);
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_sorted FROM PUBLIC;

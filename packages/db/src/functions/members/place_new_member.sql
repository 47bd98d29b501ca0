-- Whoever writes a membership has no say in where it stands.
CREATE OR REPLACE FUNCTION place_new_member() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  NEW.path_key := (SELECT a.path_key FROM accounts a WHERE a.root_id = NEW.root_id AND a.id = NEW.account_id);
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION place_new_member FROM PUBLIC;

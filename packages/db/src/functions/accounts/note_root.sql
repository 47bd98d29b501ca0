-- A new account's tree, for whoever has only its id.
CREATE OR REPLACE FUNCTION note_root() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO account_roots (id, root_id) VALUES (NEW.id, NEW.root_id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION note_root FROM PUBLIC;

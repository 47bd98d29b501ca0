-- Keeps an account's letters as its name is.
CREATE OR REPLACE FUNCTION index_name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account_search SET tokens = name_tokens(NEW.root_id, NEW.search_key) WHERE root_id = NEW.root_id AND account_id = NEW.id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION index_name FROM PUBLIC;

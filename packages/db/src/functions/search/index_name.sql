-- Keeps an account's letters as its name is.
CREATE OR REPLACE FUNCTION index_name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO account_search (root_id, account_id, tokens) VALUES (NEW.root_id, NEW.id, name_tokens(NEW.root_id, NEW.search_key));
  ELSE
    UPDATE account_search SET tokens = name_tokens(NEW.root_id, NEW.search_key) WHERE root_id = NEW.root_id AND account_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION index_name FROM PUBLIC;

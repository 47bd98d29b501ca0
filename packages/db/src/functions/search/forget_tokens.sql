-- An account that comes to another tree is hashed again by a job: together with the change it would take as long as all else of it.
CREATE OR REPLACE FUNCTION forget_tokens() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tokens := NULL; RETURN NEW; END $$;
REVOKE ALL ON FUNCTION forget_tokens FROM PUBLIC;

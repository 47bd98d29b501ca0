-- Caps were written: they are compared with what blueprints set up.
CREATE OR REPLACE FUNCTION keep_caps_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM judge_blueprints(NEW.root_id, NEW.account_id, 'caps');
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_caps_drift FROM PUBLIC;

-- Caps were written: they are compared with what blueprints set up. Most accounts no blueprint set up: nothing more is asked of them.
CREATE OR REPLACE FUNCTION keep_caps_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE root uuid := (SELECT d.root_id FROM account_roots d WHERE d.id = NEW.account_id);
BEGIN
  IF EXISTS (SELECT FROM blueprint_applications b WHERE b.root_id = root AND b.account_id = NEW.account_id) THEN
    PERFORM judge_blueprints(root, NEW.account_id, 'caps');
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_caps_drift FROM PUBLIC;

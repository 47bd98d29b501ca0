-- A limit was written: limits are compared with what blueprints set up. Most accounts no blueprint set up: nothing more is asked of them.
CREATE OR REPLACE FUNCTION keep_limits_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (SELECT FROM blueprint_applications b WHERE b.root_id = NEW.root_id AND b.account_id = NEW.account_id) THEN
    PERFORM judge_blueprints(NEW.root_id, NEW.account_id, 'limits');
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_limits_drift FROM PUBLIC;

-- A limit was written: limits are compared with what blueprints set up.
CREATE OR REPLACE FUNCTION keep_limits_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM judge_blueprints(NEW.root_id, NEW.account_id, 'limits');
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_limits_drift FROM PUBLIC;

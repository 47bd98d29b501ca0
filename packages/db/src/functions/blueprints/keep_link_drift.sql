-- A copy was written from its source, or is one no more: products are compared with what blueprints set up.
CREATE OR REPLACE FUNCTION keep_link_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM judge_blueprints(coalesce(NEW.root_id, OLD.root_id), coalesce(NEW.account_id, OLD.account_id), 'products');
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_link_drift FROM PUBLIC;

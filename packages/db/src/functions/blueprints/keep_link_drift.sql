-- A copy was written anew from its source, or is one no more: products are compared with what blueprints set up. Most accounts no blueprint set up:
-- nothing more is asked of them.
CREATE OR REPLACE FUNCTION keep_link_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (SELECT FROM blueprint_applications b WHERE b.root_id = OLD.root_id AND b.account_id = OLD.account_id) THEN
    PERFORM judge_blueprints(OLD.root_id, OLD.account_id, 'products');
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_link_drift FROM PUBLIC;

-- A product was saved or deleted: products are compared with what blueprints set up.
CREATE OR REPLACE FUNCTION keep_product_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM judge_blueprints(OLD.root_id, OLD.account_id, 'products');
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_product_drift FROM PUBLIC;

-- A price book was given or ended: it is compared with what a blueprint set up.
CREATE OR REPLACE FUNCTION keep_book_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM judge_blueprints(d.root_id, d.id, 'priceBook') FROM account_roots d WHERE d.id = coalesce(NEW.customer_id, OLD.customer_id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_book_drift FROM PUBLIC;

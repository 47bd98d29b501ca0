-- Copies came: in each account that blueprints set up, products are compared with what they set up. Most accounts no blueprint set up: nothing more
-- is asked of them.
CREATE OR REPLACE FUNCTION keep_new_links_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM judge_blueprints(n.root_id, n.account_id, 'products') FROM (SELECT DISTINCT a.root_id, a.account_id FROM arrived a) n
    WHERE EXISTS (SELECT FROM blueprint_applications b WHERE b.root_id = n.root_id AND b.account_id = n.account_id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_new_links_drift FROM PUBLIC;

-- Adds what products of accounts of the acting account's subtree name. That each account stands there is asked once, and not of each row.
CREATE OR REPLACE FUNCTION insert_product_refs(p_accounts uuid[], p_from uuid[], p_places text[], p_to uuid[], p_required bool[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE root uuid := acting_root();
BEGIN
  PERFORM FROM reached_each(p_accounts);
  INSERT INTO product_refs (root_id, account_id, from_id, place, to_id, required)
  SELECT root, n.* FROM unnest(p_accounts, p_from, p_places, p_to, p_required) n;
END $$;
REVOKE ALL ON FUNCTION insert_product_refs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION insert_product_refs TO tenantree_app;

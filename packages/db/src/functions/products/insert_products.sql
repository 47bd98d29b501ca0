-- Adds products to accounts of the acting account's subtree. That each account stands there is asked once, and not of each row.
CREATE OR REPLACE FUNCTION insert_products(
  p_at timestamptz, p_by jsonb, p_version bigint, p_accounts uuid[], p_ids uuid[], p_kinds text[], p_names text[], p_keys text[], p_external_ids text[],
  p_versions int[], p_docs jsonb[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE root uuid := acting_root();
BEGIN
  PERFORM FROM reached_each(p_accounts);
  INSERT INTO products (root_id, account_id, id, kind, name, name_key, external_id, version, doc, saved_at, saved_by, tree_version)
  SELECT root, n.*, p_at, p_by, p_version
  FROM unnest(p_accounts, p_ids, p_kinds, p_names, p_keys, p_external_ids, p_versions, p_docs) n;
END $$;
REVOKE ALL ON FUNCTION insert_products FROM PUBLIC;
GRANT EXECUTE ON FUNCTION insert_products TO tenantree_app;

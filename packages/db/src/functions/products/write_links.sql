-- Notes of what products in accounts of the acting account's subtree are copies, anew where they were some before. That each account stands there is
-- asked once, and not of each row.
--   p_links  rows of product_links as a list in JSON; base_doc null: as the product is now
CREATE OR REPLACE FUNCTION write_links(p_links jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE root uuid := acting_root();
BEGIN
  PERFORM FROM reached_each(ARRAY(SELECT (l ->> 'account_id')::uuid FROM jsonb_array_elements(p_links) l));
  INSERT INTO product_links (root_id, account_id, product_id, source_account, source_id, source_version, source_name, parts, base_doc, ids, needs, activates, version, filling, before)
  SELECT root, n.account_id, n.product_id, n.source_account, n.source_id, n.source_version, n.source_name, n.parts,
    coalesce(n.base_doc, (SELECT p.doc FROM products p WHERE p.root_id = root AND p.account_id = n.account_id AND p.id = n.product_id LIMIT 1)),
    n.ids, n.needs, n.activates, n.version, n.filling, n.before
  FROM jsonb_to_recordset(p_links) n(account_id uuid, product_id uuid, source_account uuid, source_id uuid, source_version int,
    source_name text, parts text[], base_doc jsonb, ids jsonb, needs text[], activates boolean, version int, filling jsonb, before jsonb)
  ON CONFLICT (root_id, account_id, product_id) DO UPDATE SET source_account = excluded.source_account, source_id = excluded.source_id,
    source_version = excluded.source_version, source_name = excluded.source_name, parts = excluded.parts, base_doc = excluded.base_doc,
    ids = excluded.ids, needs = excluded.needs, activates = excluded.activates, version = excluded.version, filling = excluded.filling, before = excluded.before;
END $$;
REVOKE ALL ON FUNCTION write_links FROM PUBLIC;
GRANT EXECUTE ON FUNCTION write_links TO tenantree_app;

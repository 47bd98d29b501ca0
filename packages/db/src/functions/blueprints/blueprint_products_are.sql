-- Whether the products that a blueprint set up in an account are as they were written from it: each is there, linked, has its document, and is of
-- the version that the blueprint holds.
--   p_products  what was set up, by what it is a copy of
--   p_said      what the blueprint's version says of products
CREATE OR REPLACE FUNCTION blueprint_products_are(p_root uuid, p_account uuid, p_products jsonb, p_said jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT NOT EXISTS (
    SELECT FROM jsonb_each_text(p_products) w LEFT JOIN jsonb_array_elements(p_said) s ON s ->> 'product' = w.key
    LEFT JOIN LATERAL (
      SELECT l.base_doc = p.doc AND l.source_version = coalesce((s ->> 'version')::int, l.source_version) AS same
      FROM product_links l JOIN products p ON p.root_id = p_root AND p.account_id = p_account AND p.id = l.product_id
      WHERE l.root_id = p_root AND l.account_id = p_account AND l.product_id = w.value::uuid AND l.source_id = w.key::uuid LIMIT 1) c ON true
    WHERE c.same IS NOT TRUE)
$$;
REVOKE ALL ON FUNCTION blueprint_products_are FROM PUBLIC;

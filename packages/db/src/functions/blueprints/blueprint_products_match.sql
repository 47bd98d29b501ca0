-- Whether an account has just what a blueprint's version says of products, by whatever way it came there: of each a copy of that version, of all
-- that is wanted of it, with the same places filled, and nothing changed in it.
CREATE OR REPLACE FUNCTION blueprint_products_match(p_root uuid, p_account uuid, p_said jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT NOT EXISTS (
    SELECT FROM jsonb_array_elements(p_said) s
    LEFT JOIN LATERAL (
      SELECT l.base_doc = p.doc AND l.source_version = (s ->> 'version')::int
        AND (l.parts IS NULL OR (jsonb_typeof(s -> 'parts') = 'array' AND to_jsonb(l.parts) @> (s -> 'parts')))
        AND coalesce(l.filling -> 'places', '[]') @> (s -> 'places') AND (s -> 'places') @> coalesce(l.filling -> 'places', '[]') AS same
      FROM product_links l JOIN products p ON p.root_id = p_root AND p.account_id = p_account AND p.id = l.product_id
      WHERE l.root_id = p_root AND l.account_id = p_account AND l.source_id = (s ->> 'product')::uuid LIMIT 1) c ON true
    WHERE c.same IS NOT TRUE)
$$;
REVOKE ALL ON FUNCTION blueprint_products_match FROM PUBLIC;

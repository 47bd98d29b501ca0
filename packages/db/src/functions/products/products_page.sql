-- A page of an account's products of a kind, behind the last one of the page before (NULL: the first): by name, or newest first. Planned once
-- for all: planning it with row-level security, anew for each page, took longer than reading one. Without sorting, so that it is an index that
-- has the order, whatever is known of the table.
--   p_fields     fields at the top of documents that are read
--   p_searched   those that are searched
--   p_search     what a product has in its name or in such a field, or is its external id; NULL: all
--   p_like, p_like_name   the same as a pattern, and folded as names are. Case is ICU's, whatever locale the database has
--                (findings/lower-case-of-greek-capitals-is-two.sh)
CREATE OR REPLACE FUNCTION products_page(
  p_account uuid, p_kind text, p_is_by_name boolean, p_after_name text, p_after uuid, p_limit int,
  p_fields text[], p_searched text[], p_search text, p_like text, p_like_name text
) RETURNS TABLE (id uuid, kind text, name text, name_key text, external_id text, version int, saved_at timestamptz, saved_by jsonb, doc jsonb)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  root uuid := acting_root();
  folded text := without_diacritics(p_like_name);
BEGIN
  IF p_is_by_name THEN
    RETURN QUERY SELECT p.id, p.kind, p.name, p.name_key, p.external_id, p.version, p.saved_at, p.saved_by,
        coalesce((SELECT jsonb_object_agg(f, p.doc -> f) FROM unnest(p_fields) f), '{}')
      FROM products p WHERE p.root_id = root AND p.account_id = p_account AND p.kind = p_kind
        AND (p.name_key, p.id) > (coalesce(p_after_name, ''), coalesce(p_after, '00000000-0000-0000-0000-000000000000'))
        AND (p_search IS NULL OR p.search_key LIKE folded OR p.external_id = p_search
          OR EXISTS (SELECT FROM unnest(p_searched) f WHERE (p.doc ->> f) COLLATE "und-x-icu" ILIKE p_like))
      ORDER BY p.name_key, p.id LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT p.id, p.kind, p.name, p.name_key, p.external_id, p.version, p.saved_at, p.saved_by,
        coalesce((SELECT jsonb_object_agg(f, p.doc -> f) FROM unnest(p_fields) f), '{}')
      FROM products p WHERE p.root_id = root AND p.account_id = p_account AND p.kind = p_kind
        AND p.id < coalesce(p_after, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        AND (p_search IS NULL OR p.search_key LIKE folded OR p.external_id = p_search
          OR EXISTS (SELECT FROM unnest(p_searched) f WHERE (p.doc ->> f) COLLATE "und-x-icu" ILIKE p_like))
      ORDER BY p.id DESC LIMIT p_limit;
  END IF;
END $$;
REVOKE ALL ON FUNCTION products_page FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products_page TO tenantree_app;

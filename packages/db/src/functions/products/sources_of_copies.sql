-- What copies in an account of the acting account's subtree are copies of, as it is now: also in accounts above the acting one, which row-level
-- security doesn't show. How: the source is there, is gone, or isn't above the account any more. The document of those that are newer only.
CREATE OR REPLACE FUNCTION sources_of_copies(p_account uuid, p_products uuid[]) RETURNS TABLE (
  product_id uuid, account_name text, state text, name text, version int, doc jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE a accounts := reached(p_account);
BEGIN
  RETURN QUERY
  SELECT l.product_id, s.name, CASE WHEN s.id IS NULL THEN 'detached' WHEN p.id IS NULL THEN 'source_gone' ELSE 'linked' END, p.name, p.version,
    CASE WHEN p.version > l.source_version THEN p.doc END
  FROM unnest(p_products) n(id)
  CROSS JOIN LATERAL (SELECT x.* FROM product_links x WHERE x.root_id = a.root_id AND x.account_id = a.id AND x.product_id = n.id LIMIT 1) l
  LEFT JOIN LATERAL (
    SELECT x.id, x.name FROM accounts x WHERE x.root_id = a.root_id AND x.id = l.source_account
      AND x.id = ANY (path_of(a.root_id, a.path_key)) LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT x.id, x.name, x.version, x.doc FROM products x WHERE x.root_id = a.root_id AND x.account_id = s.id AND x.id = l.source_id LIMIT 1) p ON true;
END $$;
REVOKE ALL ON FUNCTION sources_of_copies FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sources_of_copies TO tenantree_app;

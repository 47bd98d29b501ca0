-- Counts so many more (or less) of a resource in an account, and in the totals of all accounts above it, deepest first. Only of resources
-- whose totals are sums. What is closed counts above it as nothing. Behind begin_tree_change.
CREATE OR REPLACE FUNCTION take(p_account uuid, p_resource text, p_n bigint, p_version bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a accounts := reached(p_account);
  chain uuid[] := path_of(a.root_id, a.path_key);
BEGIN
  PERFORM add_to_totals(a.root_id, p_version, array_agg(c.id ORDER BY c.level DESC), array_agg(p_resource),
    array_agg(CASE WHEN c.id = p_account THEN p_n ELSE 0 END::numeric ORDER BY c.level DESC), array_agg(p_n::numeric))
  FROM unnest(chain) WITH ORDINALITY c(id, level) WHERE c.id = p_account OR a.status <> 'closed';
END $$;
REVOKE ALL ON FUNCTION take FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take TO tenantree_app;

-- The tree that an account stands in; null when it is in none.
CREATE OR REPLACE FUNCTION tree_of(p_account uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT root_id FROM account_roots WHERE id = p_account
$$;
REVOKE ALL ON FUNCTION tree_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tree_of TO tenantree_serve;

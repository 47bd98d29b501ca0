-- Whether anybody is a member of anything yet.
CREATE OR REPLACE FUNCTION is_claimed() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM members)
$$;
REVOKE ALL ON FUNCTION is_claimed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_claimed TO tenantree_app, tenantree_serve;

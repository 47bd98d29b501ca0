-- Adds to the maintained totals of an account and of all its ancestors, deepest first.
CREATE OR REPLACE FUNCTION add_to_totals(p_account uuid, p_version bigint, p_agents int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a accounts := reached(p_account);
  chain uuid[] := path_of(a.root_id, a.path_key);
BEGIN
  FOR i IN REVERSE cardinality(chain)..1 LOOP
    UPDATE accounts SET own_agents = own_agents + CASE WHEN id = p_account THEN p_agents ELSE 0 END,
      total_agents = total_agents + p_agents, version = p_version
    WHERE root_id = a.root_id AND id = chain[i];
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION add_to_totals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_to_totals TO tenantree_app;

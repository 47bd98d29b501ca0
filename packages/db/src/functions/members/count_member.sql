-- Counts a person who is a member of an account now (p_sign 1), or is one no more (-1): as one there, and in every account above that has
-- them nowhere else. What is closed counts above it as nothing. Deepest first; behind begin_tree_change.
CREATE OR REPLACE FUNCTION count_member(p_account uuid, p_user uuid, p_version bigint, p_sign int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a accounts := reached(p_account);
  chain uuid[] := path_of(a.root_id, a.path_key);
  people int[] := only_here(a.root_id, a.path_key, a.path_key || '\x00'::bytea, ARRAY[p_user]);
BEGIN
  FOR i IN REVERSE cardinality(chain)..1 LOOP
    EXIT WHEN i < cardinality(chain) AND (people[i] = 0 OR a.status = 'closed');
    UPDATE accounts SET own_members = own_members + CASE WHEN id = p_account THEN p_sign ELSE 0 END,
      total_members = total_members + p_sign * people[i], version = p_version
    WHERE root_id = a.root_id AND id = chain[i];
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION count_member FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_member TO tenantree_app;

-- Whether a person owns a main account that is not closed.
CREATE OR REPLACE FUNCTION owns_main_account(p_user uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT EXISTS (SELECT 1 FROM trees_of(p_user) t
    WHERE (SELECT m.role FROM memberships_at(p_user, t.root_id, '') m) = 'owner'
      AND (SELECT a.status FROM accounts a WHERE a.root_id = t.root_id AND a.id = t.root_id) <> 'closed')
$$;
REVOKE ALL ON FUNCTION owns_main_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION owns_main_account TO tenantree_serve;

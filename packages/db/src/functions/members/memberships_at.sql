-- A person's memberships on the way down to a place, each looked up by all that names it: account and key. By the account alone the
-- planner may as well read all that the person has in the tree, which it takes for one; so it may by a list of them.
CREATE OR REPLACE FUNCTION memberships_at(p_user uuid, p_root uuid, p_key bytea) RETURNS TABLE (account_id uuid, role text)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT m.account_id, m.role FROM unnest(path_of(p_root, p_key)) WITH ORDINALITY p(id, level) CROSS JOIN LATERAL (
    SELECT x.account_id, x.role FROM members x WHERE x.user_id = p_user AND x.root_id = p_root AND x.account_id = p.id
      AND x.path_key = substr(p_key, 1, 16 * (p.level - 1)::int) LIMIT 1
  ) m
$$;
REVOKE ALL ON FUNCTION memberships_at FROM PUBLIC;

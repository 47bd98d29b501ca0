-- The trees that a person is a member of anything in, in as many steps. What is asked of each is asked by its key: as a join the planner
-- may read all members at once, for it can't know how few trees most people are in.
CREATE OR REPLACE FUNCTION trees_of(p_user uuid) RETURNS TABLE (root_id uuid) LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH RECURSIVE walk AS (
    SELECT '00000000-0000-0000-0000-000000000000'::uuid AS root_id
    UNION ALL
    SELECT n.root_id FROM walk w CROSS JOIN LATERAL (
      SELECT m.root_id FROM members m WHERE m.user_id = p_user AND m.root_id > w.root_id ORDER BY m.root_id, m.path_key LIMIT 1
    ) n
  )
  SELECT w.root_id FROM walk w OFFSET 1
$$;
REVOKE ALL ON FUNCTION trees_of FROM PUBLIC;

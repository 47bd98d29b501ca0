-- Where a person enters: memberships that no other membership further up reaches already. Walked from the top of each tree, over what a
-- role reaches in one step, so that it costs the same whatever is below; the account of each step by its key. Of more than p_limit those
-- that stand first in the order of keys.
CREATE OR REPLACE FUNCTION entrances_of(p_user uuid, p_limit int) RETURNS TABLE (account_id uuid, account_name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  WITH RECURSIVE walk AS (
    SELECT NULL::uuid AS id, NULL::text AS name, NULL::text AS role, NULL::timestamptz AS since, 0::smallint AS depth, false AS is_live,
      '00000000-0000-0000-0000-000000000000'::uuid AS root_id, ''::bytea AS passed, 0 AS found
    UNION ALL
    SELECT a.id, a.name, n.role, n.created_at, a.depth, a.status <> 'closed', n.root_id,
      CASE WHEN n.role IN ('owner', 'admin', 'agency_admin') THEN n.path_key || '\xff'::bytea ELSE n.path_key END,
      w.found + (a.status <> 'closed')::int
    FROM walk w
    CROSS JOIN LATERAL (
      SELECT m.* FROM members m WHERE m.user_id = p_user AND (m.root_id, m.path_key) > (w.root_id, w.passed)
      ORDER BY m.root_id, m.path_key LIMIT 1
    ) n
    CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = n.root_id AND x.path_key = n.path_key LIMIT 1) a
    WHERE w.found < p_limit
  )
  SELECT w.id, w.name, w.role FROM walk w WHERE w.is_live ORDER BY w.depth, w.since
$$;
REVOKE ALL ON FUNCTION entrances_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entrances_of TO tenantree_serve;

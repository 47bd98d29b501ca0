-- Limits whose reserve is another from a billing period on that has begun: of which accounts, and of what kind. Those that are deepest first, which
-- is the order in which what they are promised is carried up.
CREATE OR REPLACE FUNCTION limits_to_begin(p_now timestamptz, p_limit int) RETURNS TABLE (root_id uuid, account_id uuid, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  -- By themselves first, as they are few: in the order of their trees all limits would be read for them.
  WITH begun AS MATERIALIZED (SELECT y.root_id, y.account_id, y.kind FROM limits y WHERE y.next_from <= p_now)
  SELECT b.root_id, b.account_id, b.kind FROM begun b
  CROSS JOIN LATERAL (SELECT x.depth FROM accounts x WHERE x.root_id = b.root_id AND x.id = b.account_id AND x.status <> 'closed' LIMIT 1) a
  ORDER BY b.root_id, a.depth DESC LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION limits_to_begin FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limits_to_begin TO tenantree_serve;

-- Main accounts whose limit of calls is another than the plan allows that they have by now, some of those that began and were not followed yet.
-- Plans that change nothing of it are followed by that.
CREATE OR REPLACE FUNCTION plans_to_follow(p_now timestamptz, p_limit int) RETURNS TABLE (account_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  WITH begun AS MATERIALIZED (
    SELECT s.account_id, s.valid_from, s.valid_to, s.plan_id, s.plan_version FROM subscriptions s
    WHERE NOT s.in_limits AND s.valid_from <= p_now ORDER BY s.valid_from LIMIT p_limit
  ), judged AS MATERIALIZED (
    SELECT b.account_id, b.valid_from, coalesce(b.valid_to > p_now, true) AND EXISTS (
      SELECT FROM accounts a WHERE a.root_id = b.account_id AND a.id = b.account_id AND a.status <> 'closed'
    ) AND (SELECT (p.terms ->> 'concurrent')::numeric FROM plans p WHERE p.id = b.plan_id AND p.version = b.plan_version)
      IS DISTINCT FROM (SELECT l.plan_cap FROM limits l WHERE l.root_id = b.account_id AND l.account_id = b.account_id AND l.kind = 'calls') AS differs
    FROM begun b
  ), followed AS (
    UPDATE subscriptions s SET in_limits = true FROM judged j WHERE s.account_id = j.account_id AND s.valid_from = j.valid_from AND NOT j.differs
  )
  SELECT j.account_id FROM judged j WHERE j.differs
$$;
REVOKE ALL ON FUNCTION plans_to_follow FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plans_to_follow TO tenantree_serve;

-- Billing transfers under way of which something is due, by the time of the database: their end, a reminder of it, a plan that was chosen and is
-- not offered any more, or doesn't include the subaccounts that there are by now; and their completion, where every step is done and nobody is about to complete it, for what stood in the way (the
-- account was suspended) is over. Of whom there is much, one thing at a time.
CREATE OR REPLACE FUNCTION transfers_due(p_limit int) RETURNS TABLE (root_id uuid, account_id uuid, id uuid, event text, days int, expires_at timestamptz, plan text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT t.root_id, t.account_id, t.id, d.event, d.days, t.expires_at, t.steps #>> '{plan,id}' FROM billing_transfers t
  CROSS JOIN LATERAL (
    SELECT x.event, x.days FROM (
      SELECT 'expire' AS event, NULL::int AS days, 1 AS n WHERE t.expires_at <= clock_timestamp()
      UNION ALL
      SELECT 'planLost', NULL, 2 WHERE t.steps -> 'plan' IS NOT NULL AND t.steps -> 'plan' <> 'null'
        AND (NOT EXISTS (SELECT FROM plans p WHERE p.id = t.steps #>> '{plan,id}' AND p.offered)
          OR EXISTS (SELECT FROM plans p WHERE p.id = t.steps #>> '{plan,id}' AND p.version = (t.steps #>> '{plan,version}')::int AND p.terms ->> 'subaccounts' = 'none'
            AND EXISTS (SELECT FROM accounts a WHERE a.root_id = t.root_id AND a.id = t.account_id AND a.subaccounts > 0)))
      UNION ALL
      SELECT 'remind', r.days, 3 FROM unnest(t.ahead) r(days) WHERE r.days <> ALL (t.reminded) AND t.expires_at - r.days * interval '1 day' <= clock_timestamp()
      UNION ALL
      SELECT 'complete', NULL, 4 WHERE t.completion = 'automatic' AND t.steps #>> '{payment,state}' = 'set'
        AND NOT EXISTS (SELECT FROM unnest(ARRAY['owner', 'details', 'plan']) s WHERE coalesce(t.steps -> s, 'null') = 'null')
        AND NOT EXISTS (SELECT FROM jobs j WHERE j.account_id = t.account_id AND j.kind = 'transfers.complete' AND j.ended_at IS NULL)
        AND EXISTS (SELECT FROM accounts a WHERE a.root_id = t.root_id AND a.id = t.account_id AND (a.suspension_kind IS NULL
          OR a.suspended_from > clock_timestamp() OR a.suspended_until <= clock_timestamp()))
    ) x ORDER BY x.n, x.days DESC LIMIT 1
  ) d
  WHERE t.state = 'in_progress' ORDER BY t.expires_at LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION transfers_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transfers_due TO tenantree_serve;

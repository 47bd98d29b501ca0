-- Payers with a period that may be closed and has no invoice, the oldest first; of each the first such period. And those that left, of which
-- nothing can come late any more: `supplement`, and the last period that they had a plan in.
--   p_from   the last period that may be closed   p_late  the last period of which nothing can come late
CREATE OR REPLACE FUNCTION payers_due(p_from timestamptz, p_late timestamptz, p_limit int) RETURNS TABLE (account_id uuid, period timestamptz, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT d.account_id, d.period, d.kind FROM (
    (SELECT s.account_id, s.billed_to AS period, 'period' AS kind FROM subscriptions s
      WHERE s.billed_to <= p_from AND (s.valid_to IS NULL OR s.valid_to > s.billed_to) AND EXISTS (SELECT FROM account_roots r WHERE r.id = s.account_id))
    UNION ALL
    (SELECT s.account_id, date_trunc('month', s.valid_to - interval '1 microsecond', 'UTC'), 'supplement' FROM subscriptions s
      WHERE s.billed_to < 'infinity' AND s.valid_to <= s.billed_to AND date_trunc('month', s.valid_to - interval '1 microsecond', 'UTC') <= p_late
        AND NOT EXISTS (SELECT FROM subscriptions n WHERE n.account_id = s.account_id AND n.valid_from >= s.valid_to)
        AND EXISTS (SELECT FROM account_roots r WHERE r.id = s.account_id))
  ) d ORDER BY d.period, d.account_id LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION payers_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payers_due TO tenantree_serve;

-- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it. And until every period that it was
-- used in is settled (rules/money 9): its payer of that time has the invoice, or had no plan and nothing of it can come any more.
--   p_settled_before  nothing can come any more of periods that ended before
CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_settled_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT a.id, a.root_id, a.name FROM accounts a
  WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
    AND (acting_root() IS NULL OR (a.root_id = acting_root() AND a.path_key >= acting_key() AND a.path_key < acting_end()))
    AND (SELECT true FROM accounts c WHERE c.root_id = a.root_id AND c.parent_id = a.id LIMIT 1) IS NULL
    AND (SELECT true FROM uncounted_usage u WHERE u.root_id = a.root_id LIMIT 1) IS NULL
    AND (SELECT true FROM subscriptions s WHERE s.account_id = a.id AND s.billed_to < 'infinity' LIMIT 1) IS NULL
    AND (
      SELECT true FROM usage_totals t
      CROSS JOIN LATERAL (SELECT month_start(month_of(t.period) + 1) AS period_end) e
      CROSS JOIN LATERAL (
        SELECT a.payer_id AS payer UNION SELECT p.payer_id FROM past_placements p WHERE p.account_id = a.id AND p.valid_to > t.period
      ) w
      LEFT JOIN LATERAL (
        SELECT true AS has_plan FROM subscriptions s WHERE s.account_id = w.payer AND s.valid_from < e.period_end AND (s.valid_to IS NULL OR s.valid_to > t.period) LIMIT 1
      ) s ON true
      WHERE t.account_id = a.id AND t.own_events > 0 AND CASE WHEN s.has_plan
        THEN NOT EXISTS (SELECT FROM invoices i WHERE i.account_id = w.payer AND i.period = t.period AND i.kind = 'period' AND i.seq = 0 AND i.status = 'issued')
        ELSE e.period_end > p_settled_before END
      LIMIT 1
    ) IS NULL
  ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION accounts_to_erase FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_to_erase TO tenantree_app, tenantree_serve;

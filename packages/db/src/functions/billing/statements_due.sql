-- Customers with a period that may be closed and has no statement, the oldest first; of each the first such period. And those whose book has
-- ended, of which nothing can come late any more: `supplement`, and the last period that it was in. Drafts that wait for their number, too.
--   p_from   the last period that may be closed   p_late  the last period of which nothing can come late
CREATE OR REPLACE FUNCTION statements_due(p_from timestamptz, p_late timestamptz, p_limit int)
RETURNS TABLE (account_id uuid, customer_id uuid, period timestamptz, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT d.account_id, d.customer_id, d.period, d.kind FROM (
    (SELECT g.account_id, g.customer_id, g.stated_to AS period, 'period' AS kind FROM book_assignments g
      WHERE g.stated_to <= p_from AND (g.valid_to IS NULL OR g.valid_to > g.stated_to) AND EXISTS (SELECT FROM account_roots r WHERE r.id = g.account_id))
    UNION
    (SELECT g.account_id, g.customer_id, date_trunc('month', g.valid_to - interval '1 microsecond', 'UTC'), 'supplement' FROM book_assignments g
      WHERE g.stated_to < 'infinity' AND g.valid_to <= g.stated_to AND date_trunc('month', g.valid_to - interval '1 microsecond', 'UTC') <= p_late
        AND EXISTS (SELECT FROM account_roots r WHERE r.id = g.account_id))
    UNION
    (SELECT s.account_id, s.customer_id, s.period, s.kind FROM statements s
      WHERE s.status = 'draft' AND EXISTS (SELECT FROM account_roots r WHERE r.id = s.account_id))
  ) d ORDER BY d.period, d.account_id, d.customer_id LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION statements_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION statements_due TO tenantree_serve;

-- Issues drafts: those that are named, or (NULL) those that wait, oldest first. All of a series in one statement, numbered without gaps: who
-- comes next waits for the number until this is committed. Nothing slow belongs behind it; mails are jobs.
CREATE OR REPLACE FUNCTION issue_invoices(p_account uuid, p_ids uuid[], p_now timestamptz, p_limit int)
RETURNS TABLE (account_id uuid, id uuid, series text, year int, number int, kind text, terms jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  s text;
  drafts uuid[];
  payers uuid[];
  this_year int := extract(year FROM p_now AT TIME ZONE 'UTC');
BEGIN
  FOREACH s IN ARRAY ARRAY['CRN', 'INV'] LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM invoices i WHERE i.status = 'draft' AND i.series = s AND (p_ids IS NULL OR (i.account_id = p_account AND i.id = ANY (p_ids))));
    -- Before the drafts are read: who waited here sees what the one before issued.
    INSERT INTO invoice_series AS n (series, year, last, last_at) VALUES (s, this_year, 0, p_now)
      ON CONFLICT (series, year) DO UPDATE SET last_at = greatest(n.last_at, p_now);
    SELECT array_agg(x.account_id ORDER BY x.drafted_at, x.id), array_agg(x.id ORDER BY x.drafted_at, x.id) INTO payers, drafts FROM (
      SELECT i.account_id, i.id, i.drafted_at FROM invoices i WHERE i.status = 'draft' AND i.series = s AND (p_ids IS NULL OR (i.account_id = p_account AND i.id = ANY (p_ids)))
      ORDER BY i.drafted_at, i.id LIMIT p_limit) x;
    RETURN QUERY
      WITH d AS MATERIALIZED (
        SELECT i.account_id, i.id, row_number() OVER (ORDER BY u.n) AS k FROM unnest(payers, drafts) WITH ORDINALITY u(payer, draft, n)
        CROSS JOIN LATERAL (SELECT x.account_id, x.id FROM invoices x WHERE x.account_id = u.payer AND x.id = u.draft AND x.status = 'draft' LIMIT 1) i
      ), taken AS MATERIALIZED (
        UPDATE invoice_series n SET last = n.last + (SELECT count(*) FROM d) WHERE n.series = s AND n.year = this_year RETURNING n.last, n.last_at
      )
      UPDATE invoices i SET status = 'issued', year = this_year, number = taken.last - (SELECT count(*) FROM d) + d.k, issued_at = taken.last_at
      FROM d, taken WHERE i.account_id = d.account_id AND i.id = d.id
      RETURNING i.account_id, i.id, i.series, i.year, i.number, i.kind, i.terms;
    PERFORM mail_issued(payers, drafts);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION issue_invoices FROM PUBLIC;

-- Issues drafts that wait, of whichever payers, and writes that into the logs of those, in one transaction.
--   p_limit  of each series   p_entry  what all rows of the logs have in common
CREATE OR REPLACE FUNCTION issue_waiting(p_now timestamptz, p_limit int, p_entry jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
DECLARE entries jsonb;
BEGIN
  SELECT jsonb_agg(p_entry || jsonb_build_object('id', uuidv7(), 'account_id', i.account_id, 'target_id', i.id, 'target_name', invoice_number(i.series, i.year, i.number),
    'kind', CASE i.kind WHEN 'credit' THEN 'invoice.credited' ELSE 'invoice.issued' END,
    'details', i.terms -> 'told' || jsonb_build_object('number', invoice_number(i.series, i.year, i.number))) ORDER BY i.number)
  INTO entries FROM issue_invoices(NULL, NULL, p_now, p_limit) i;
  IF entries IS NULL THEN RETURN 0; END IF;
  PERFORM append_traces(entries);
  RETURN jsonb_array_length(entries);
END $$;
REVOKE ALL ON FUNCTION issue_waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION issue_waiting TO tenantree_serve;

-- Issues drafts of the acting account that are named; one that is issued already is left as it is.
CREATE OR REPLACE FUNCTION issue_drafts(p_ids uuid[], p_now timestamptz) RETURNS TABLE (account_id uuid, id uuid, series text, year int, number int, kind text, terms jsonb)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT * FROM issue_invoices(acting_account(), coalesce(p_ids, '{}'), p_now, cardinality(p_ids))
$$;
REVOKE ALL ON FUNCTION issue_drafts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION issue_drafts TO tenantree_app;

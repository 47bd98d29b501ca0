-- Usage of the acting subtree between two instants, in the order in which it happened: of the accounts that stand there now. At most p_most.
CREATE OR REPLACE FUNCTION usage_below(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_most int)
RETURNS TABLE (account_id uuid, occurred_at timestamptz, quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  a accounts := reached(p_account);
  ids uuid[] := ARRAY(SELECT s.id FROM accounts s WHERE s.root_id = a.root_id AND s.path_key >= a.path_key AND s.path_key < a.path_key || '\xff'::bytea);
BEGIN
  RETURN QUERY SELECT e.account_id, e.occurred_at, e.quantity FROM usage_events e
    WHERE e.month IN (month_of(p_from), month_of(p_to)) AND e.meter = p_meter AND e.occurred_at >= p_from AND e.occurred_at < p_to AND e.account_id = ANY (ids)
    ORDER BY e.occurred_at, e.account_id, e.key LIMIT p_most;
END $$;
REVOKE ALL ON FUNCTION usage_below FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_below TO tenantree_app;

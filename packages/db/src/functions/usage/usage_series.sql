-- Quantities by bucket and key of an acting account's subtree. p_starts: the starts of the buckets that the range touches.
-- scope own: the account's; total: with all that was below it at the time. by account or agent: the accounts that stand below now; what
-- those had used that stood there and don't any more is under the key null, so that the parts add up to the undivided series.
CREATE OR REPLACE FUNCTION usage_series(
  p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_starts timestamptz[], p_scope text, p_by text
) RETURNS TABLE (start timestamptz, key text, quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
  parts usage_stays;
BEGIN
  IF NOT EXISTS (
    SELECT FROM accounts WHERE root_id = acting_root() AND id = p_account AND (path_key >= acting_key() AND path_key < acting_end()) IS TRUE
  ) THEN
    RETURN;
  END IF;
  parts := CASE
    WHEN p_scope = 'own' THEN (ARRAY[p_account], ARRAY[p_from], ARRAY[p_to])::usage_stays
    WHEN p_by = 'none' THEN (ARRAY[]::uuid[], ARRAY[]::timestamptz[], ARRAY[]::timestamptz[])::usage_stays
    ELSE stays_below(p_account, p_from, p_to, false) END;
  RETURN QUERY
    WITH divided AS MATERIALIZED (
      SELECT d.bucket, CASE WHEN p_by <> 'none' THEN d.key END AS key, sum(d.quantity) AS quantity FROM (
        SELECT * FROM usage_of_stays(parts, p_meter, p_starts) WHERE p_by <> 'agent'
        UNION ALL SELECT * FROM events_of_stays(parts, p_meter, p_starts, 'agent') WHERE p_by = 'agent'
      ) d GROUP BY 1, 2
    ), rest AS (
      SELECT u.bucket, sum(u.quantity) AS quantity FROM (
        SELECT bucket, quantity FROM usage_of_subtree(p_account, p_meter, p_from, p_to, p_starts) WHERE p_scope = 'total'
        UNION ALL SELECT bucket, -quantity FROM divided WHERE p_scope = 'total'
      ) u GROUP BY 1
    )
    SELECT p_starts[s.bucket], s.key, sum(s.quantity) FROM (
      SELECT bucket, key, quantity FROM divided
      UNION ALL SELECT bucket, NULL, quantity FROM rest WHERE p_by = 'none' OR quantity <> 0
    ) s GROUP BY 1, 2 ORDER BY 1, 2;
END $$;
REVOKE ALL ON FUNCTION usage_series FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_series TO tenantree_app;

-- What was counted for some accounts of the acting account's subtree in a period, and their maximums, by account: [own, total, maximum]. Those of
-- which there is nothing are left out. One value for a whole page: joins would be planned anew for each page, with all that row-level security
-- adds to them, and each row's account looked up again for each of them.
CREATE OR REPLACE FUNCTION totals_of(p_meter text, p_period timestamptz, p_accounts uuid[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  root uuid := acting_root();
  lowest bytea := acting_key();
  ending bytea := acting_end();
BEGIN
  RETURN (
    SELECT jsonb_object_agg(a.id, jsonb_build_array(t.own, t.total, b.cap)) FROM accounts a
    LEFT JOIN LATERAL (SELECT x.own, x.total FROM usage_totals x WHERE x.account_id = a.id AND x.meter = p_meter AND x.period = p_period LIMIT 1) t ON true
    LEFT JOIN LATERAL (SELECT x.cap FROM limits x WHERE x.root_id = root AND x.account_id = a.id AND x.kind = p_meter LIMIT 1) b ON true
    -- IS TRUE: accounts are looked up by their ids in one go, and never by their place.
    WHERE a.root_id = root AND a.id = ANY (p_accounts) AND (a.path_key >= lowest AND a.path_key < ending) IS TRUE AND (t.total IS NOT NULL OR b.cap IS NOT NULL)
  );
END $$;
REVOKE ALL ON FUNCTION totals_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION totals_of TO tenantree_app;

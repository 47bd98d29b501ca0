-- What was counted for some accounts of the acting account's subtree in a period, and their maximums, by account: [own, total, maximum]. Those of
-- which there is nothing are left out. One value for a whole page: joins would be planned anew for each page, with all that row-level security
-- adds to them, and each row's account looked up again for each of them. Each table is asked once, for all of them.
CREATE OR REPLACE FUNCTION totals_of(p_meter text, p_period timestamptz, p_accounts uuid[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  root uuid := acting_root();
  lowest bytea := acting_key();
  ending bytea := acting_end();
  -- IS TRUE: accounts are looked up by their ids, and never by their place; limits by their accounts, and never by their kind.
  seen uuid[] := ARRAY(SELECT a.id FROM accounts a WHERE a.root_id = root AND a.id = ANY (p_accounts) AND (a.path_key >= lowest AND a.path_key < ending) IS TRUE);
BEGIN
  RETURN (
    SELECT jsonb_object_agg(c.id, jsonb_build_array(c.own, c.total, c.cap)) FROM (
      SELECT u.id, max(u.own) AS own, max(u.total) AS total, max(u.cap) AS cap FROM (
        SELECT t.account_id, t.own, t.total, NULL::numeric FROM usage_totals t WHERE t.account_id = ANY (seen) AND t.meter = p_meter AND t.period = p_period
        UNION ALL
        SELECT l.account_id, NULL, NULL, l.cap FROM limits l WHERE l.root_id = root AND l.account_id = ANY (seen) AND (l.kind = p_meter) IS TRUE AND l.cap IS NOT NULL
      ) u(id, own, total, cap) GROUP BY u.id
    ) c
  );
END $$;
REVOKE ALL ON FUNCTION totals_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION totals_of TO tenantree_app;

-- Ends leases of former billing periods that are given back, so that what they held of those is free at once. Behind the tree's lock, shared, and
-- before any counter of p_period is locked: periods in their order.
--   p_accounts, p_keys  whose leases they are, and how their callers call them
CREATE OR REPLACE FUNCTION end_leases_of_past(p_root uuid, p_kind text, p_period timestamptz, p_accounts uuid[], p_keys text[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE past timestamptz;
BEGIN
  FOR past IN
    SELECT DISTINCT l.period FROM unnest(p_accounts, p_keys) e(account_id, key)
    CROSS JOIN LATERAL (SELECT g.period FROM leases g WHERE g.root_id = p_root AND g.account_id = e.account_id AND g.key = e.key AND g.kind = p_kind LIMIT 1) l
    WHERE l.period < p_period ORDER BY l.period
  LOOP
    PERFORM admit_exactly(p_root, p_kind, past, true, NULL, '{}', '{}', '{}', '{}', p_accounts, p_keys);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION end_leases_of_past FROM PUBLIC;

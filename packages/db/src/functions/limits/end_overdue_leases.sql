-- Ends leases whose time is over, tree by tree, and gives back what they held; whoever is refused meanwhile does so, too. False: there is none.
CREATE OR REPLACE FUNCTION end_overdue_leases() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '2s' AS $$
DECLARE now_at timestamptz := clock_timestamp(); one record; done int := 0; n int;
BEGIN
  FOR one IN
    SELECT DISTINCT o.root_id, o.kind, o.period FROM (
      SELECT g.root_id, g.kind, g.period FROM leases g WHERE g.expires_at <= now_at AND NOT g.settling ORDER BY g.expires_at LIMIT 500) o
    ORDER BY o.root_id, o.kind, o.period LIMIT 1
  LOOP
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(one.root_id::text, 0));
    SELECT x.ended INTO n FROM admit_exactly(one.root_id, one.kind, one.period, one.period > '-infinity', NULL, '{}', '{}', '{}', '{}', '{}', '{}') x;
    done := done + n;
  END LOOP;
  RETURN done > 0;
END $$;
REVOKE ALL ON FUNCTION end_overdue_leases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_overdue_leases TO tenantree_serve;

-- Makes the months around now, and drops the events and keys of those that were over before p_before (null: of none).
-- Answers how many months were dropped. Recording goes on: what is dropped is too old for it.
CREATE OR REPLACE FUNCTION keep_months(p_now timestamptz, p_before timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  old int;
  dropped int := 0;
BEGIN
  PERFORM make_month(month_of(p_now) + n) FROM generate_series(-1, 1) n;
  IF EXISTS (SELECT FROM usage_months WHERE month_start(month + 1) <= p_before) THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('make_month', 0));
    FOR old IN SELECT month FROM usage_months WHERE month_start(month + 1) <= p_before AND recorded_until IS DISTINCT FROM 'infinity' LOOP
      EXECUTE format('DROP TABLE %I', 'usage_events_' || month_name(old));
      DELETE FROM usage_months WHERE month = old;
      dropped := dropped + 1;
    END LOOP;
  END IF;
  RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION keep_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_months TO tenantree_serve;

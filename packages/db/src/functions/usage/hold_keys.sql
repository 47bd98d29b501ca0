-- Makes sure that nobody else stores a key of these months until this transaction ends. The month of the caller's clock becomes the
-- current one when it has changed. Answers the other months whose keys are still kept.
CREATE OR REPLACE FUNCTION hold_keys(p_months int[], p_now timestamptz, p_since timestamptz) RETURNS int[]
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  keys bigint := hashtextextended('usage_keys', 0);
  this_month int := month_of(p_now);
  recorded int := (SELECT month FROM usage_months WHERE recorded_until = 'infinity');
BEGIN
  IF p_months = ARRAY[recorded] THEN
    -- A block of its own: when the month has turned meanwhile, leaving it gives the lock back. Two who kept theirs would deadlock.
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(keys);
      recorded := (SELECT month FROM usage_months WHERE recorded_until = 'infinity');
      IF p_months <> ARRAY[recorded] THEN
        RAISE serialization_failure;
      END IF;
    EXCEPTION WHEN serialization_failure THEN
      recorded := NULL;
    END;
  END IF;
  IF p_months IS DISTINCT FROM ARRAY[recorded] THEN
    PERFORM pg_advisory_xact_lock(keys);
    PERFORM make_month(m) FROM unnest(p_months || this_month) m;
    UPDATE usage_months SET recorded_until = p_now WHERE recorded_until = 'infinity' AND month <> this_month;
    UPDATE usage_months SET recorded_until = 'infinity' WHERE month = this_month AND recorded_until IS DISTINCT FROM 'infinity';
    -- A day ahead, so that many late events write it once a day.
    UPDATE usage_months SET recorded_until = p_now + interval '1 day'
      WHERE month = ANY (p_months) AND (recorded_until IS NULL OR recorded_until < p_now);
  END IF;
  RETURN ARRAY(SELECT month FROM usage_months WHERE recorded_until >= p_since AND p_months <> ARRAY[month] ORDER BY month);
END $$;
REVOKE ALL ON FUNCTION hold_keys FROM PUBLIC;

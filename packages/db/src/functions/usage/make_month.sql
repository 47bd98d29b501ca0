-- Makes the tables of a month, unless they are there. Several may ask for one at once. They are attached, which lets others go on
-- recording meanwhile; making them as partitions would not.
CREATE OR REPLACE FUNCTION make_month(p_month int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  events text := 'usage_events_' || month_name(p_month);
  quarters text := 'usage_quarters_' || month_name(p_month);
BEGIN
  IF EXISTS (SELECT FROM usage_months WHERE month = p_month) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('make_month', 0));
  IF EXISTS (SELECT FROM usage_months WHERE month = p_month) THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %1$I (LIKE usage_events INCLUDING ALL); ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY;
    ALTER TABLE usage_events ATTACH PARTITION %1$I FOR VALUES IN (%2$s)', events, p_month);
  -- Roll-ups outlive the events of their month. Room in their pages keeps what is counted into them again where it is.
  IF to_regclass(quarters) IS NULL THEN
    EXECUTE format('CREATE TABLE %1$I (LIKE usage_quarters INCLUDING ALL) WITH (fillfactor = 60); ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY;
      ALTER TABLE usage_quarters ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)', quarters, month_start(p_month), month_start(p_month + 1));
  END IF;
  INSERT INTO usage_months (month) VALUES (p_month);
END $$;
REVOKE ALL ON FUNCTION make_month FROM PUBLIC;

-- The starts of all hours, days or months of a zone that a range touches, in order.
CREATE OR REPLACE FUNCTION zone_cuts(p_bucket text, p_zone text, p_from timestamptz, p_to timestamptz) RETURNS timestamptz[]
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN p_bucket = 'hour' THEN ARRAY(
    SELECT DISTINCT date_trunc('hour', at, p_zone) AS start
    FROM generate_series(quarter_of(p_from), p_to - interval '1 microsecond', '15 minutes') at ORDER BY start
  ) ELSE ARRAY(
    SELECT day_start(d::date, p_zone) AS start
    FROM generate_series(date_trunc(p_bucket, p_from AT TIME ZONE p_zone), (p_to - interval '1 microsecond') AT TIME ZONE p_zone, ('1 ' || p_bucket)::interval) d
    ORDER BY start
  ) END
$$;
GRANT EXECUTE ON FUNCTION zone_cuts TO tenantree_app;

-- The first instant of a day in a time zone. Where midnight comes twice (Havana) it is the first one, an hour before the one that
-- AT TIME ZONE takes; where it never comes (Beirut) it is when the clocks went ahead.
CREATE OR REPLACE FUNCTION day_start(p_day date, p_zone text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (p_day::timestamp AT TIME ZONE p_zone) - CASE
    WHEN (((p_day::timestamp AT TIME ZONE p_zone) - interval '1 hour') AT TIME ZONE p_zone)::date >= p_day THEN interval '1 hour'
    ELSE interval '0' END
$$;
GRANT EXECUTE ON FUNCTION day_start TO tenantree_app, tenantree_serve;

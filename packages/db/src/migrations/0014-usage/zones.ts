import { type Kysely, sql } from 'kysely';

/**
 * Arithmetic with time zones, all of it: whatever a day is in a zone is asked here and nowhere else. All servers of a deployment share one
 * database and may run on different releases of Node, whose own zone data differ from it and from each other.
 */
export const zones = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- The first instant of a day in a time zone. Where midnight comes twice (Havana) it is the first one, which AT TIME ZONE does not take;
    -- where it never comes (Beirut) it is when the clocks went ahead.
    CREATE FUNCTION day_start(p_day date, p_zone text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT min(at) FROM generate_series((p_day::timestamp AT TIME ZONE p_zone) - interval '2 hours', p_day::timestamp AT TIME ZONE p_zone, '15 minutes') at
      WHERE (at AT TIME ZONE p_zone)::date >= p_day
    $$;

    -- The starts of all hours, days or months of a zone that a range touches, in order.
    CREATE FUNCTION zone_cuts(p_bucket text, p_zone text, p_from timestamptz, p_to timestamptz) RETURNS timestamptz[]
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
    GRANT EXECUTE ON FUNCTION day_start, zone_cuts TO tenantree_app;
  `.execute(db);

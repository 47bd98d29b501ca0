-- Months since the year 0, so that the one before is one less. UTC by its interval and parts as double precision: a third of what its name and numeric cost.
CREATE OR REPLACE FUNCTION month_of(p_at timestamptz) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT (date_part('year', p_at AT TIME ZONE interval '0') * 12 + date_part('month', p_at AT TIME ZONE interval '0') - 1)::int $$;

-- Months since the year 0, so that the one before is one less.
CREATE OR REPLACE FUNCTION month_of(p_at timestamptz) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT (extract(year FROM p_at AT TIME ZONE 'UTC') * 12 + extract(month FROM p_at AT TIME ZONE 'UTC') - 1)::int $$;

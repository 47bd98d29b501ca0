-- The quarter of an hour that begins at an instant, or next after it.
CREATE OR REPLACE FUNCTION next_quarter(p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT date_bin('15 minutes', p_at + interval '15 minutes' - interval '1 microsecond', timestamptz '2000-01-01 00:00:00Z') $$;

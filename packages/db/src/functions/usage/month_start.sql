-- The instant at which a month begins.
CREATE OR REPLACE FUNCTION month_start(p_month int) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT make_date(p_month / 12, p_month % 12 + 1, 1)::timestamp AT TIME ZONE 'UTC' $$;

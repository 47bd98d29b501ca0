-- Days and hours of every time zone in use can be cut from quarters of an hour, of some (Kolkata, Kathmandu, Adelaide) not from hours.
CREATE OR REPLACE FUNCTION quarter_of(p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT date_bin('15 minutes', p_at, timestamptz '2000-01-01 00:00:00Z') $$;

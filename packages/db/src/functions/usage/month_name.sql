-- A month as the names of its tables end: 2026_11.
CREATE OR REPLACE FUNCTION month_name(p_month int) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT lpad((p_month / 12)::text, 4, '0') || '_' || lpad((p_month % 12 + 1)::text, 2, '0') $$;

-- How far counted use has come to a maximum: 0, 1: near it (NEAR_PERCENT of the domain), 2: at it or above.
CREATE OR REPLACE FUNCTION level_reached(p_counted numeric, p_cap numeric) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_counted >= p_cap THEN 2 WHEN 100 * p_counted >= 80 * p_cap THEN 1 ELSE 0 END
$$;
REVOKE ALL ON FUNCTION level_reached FROM PUBLIC;

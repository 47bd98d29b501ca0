-- How far an account is marked to have come to its maximum in a billing period, as level_reached says it.
CREATE OR REPLACE FUNCTION level_marked(p_limit limits, p_period timestamptz) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_limit.full_in = p_period THEN 2 WHEN p_limit.near_in = p_period THEN 1 ELSE 0 END
$$;
REVOKE ALL ON FUNCTION level_marked FROM PUBLIC;

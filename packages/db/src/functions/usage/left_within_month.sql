-- When an account left the place where it stood at an instant of the past, if that was in the same billing period. NULL when it stood there until the period
-- ended, or stands there still.
CREATE OR REPLACE FUNCTION left_within_month(p_account uuid, p_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN p.valid_to < month_start(month_of(p_at) + 1) THEN p.valid_to END
  FROM past_placements p WHERE p.account_id = p_account AND p.valid_to > p_at ORDER BY p.valid_to LIMIT 1
$$;
REVOKE ALL ON FUNCTION left_within_month FROM PUBLIC;

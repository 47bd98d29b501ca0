-- How a section of an account stands to its blueprint, from what was compared before: as it was set up and now (p_same), the version it was set up
-- from and the newest (p_current), and, where those differ, now and the newest (p_matches).
CREATE OR REPLACE FUNCTION blueprint_row_drift(p_same boolean, p_current boolean, p_matches boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_current THEN CASE WHEN p_same THEN 'as_set_up' ELSE 'changed_here' END
    WHEN p_matches THEN 'same_by_hand' WHEN p_same THEN 'newer_available' ELSE 'both' END
$$;
REVOKE ALL ON FUNCTION blueprint_row_drift FROM PUBLIC;

-- From what counted use on a limit has to be looked at again: its next threshold, or the next of level_reached. NULL: nothing comes any more.
--   p_fired  the highest threshold that has told
CREATE OR REPLACE FUNCTION next_look(p_thresholds smallint[], p_cap numeric, p_fired smallint, p_counted numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT least((SELECT min(m) FROM unnest(p_thresholds) m WHERE m > p_fired) * p_cap * 0.01,
    CASE level_reached(p_counted, p_cap) WHEN 0 THEN 0.8 * p_cap WHEN 1 THEN p_cap END)
$$;
REVOKE ALL ON FUNCTION next_look FROM PUBLIC;

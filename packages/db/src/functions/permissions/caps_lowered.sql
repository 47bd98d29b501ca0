-- How many of the permissions that caps decide are below their highest level.
CREATE OR REPLACE FUNCTION caps_lowered(p_levels jsonb) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT count(*)::smallint FROM jsonb_each_text(p_levels) l WHERE l.value IS DISTINCT FROM highest_caps() ->> l.key
$$;

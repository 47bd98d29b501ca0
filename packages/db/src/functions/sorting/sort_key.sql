-- A quantity as sort rows have it: millionths, as far as bigint reaches.
CREATE OR REPLACE FUNCTION sort_key(p_quantity numeric) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(least(greatest(coalesce(p_quantity, 0), -9e12), 9e12) * 1000000)::bigint;

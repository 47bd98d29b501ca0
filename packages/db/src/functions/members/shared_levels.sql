-- How many levels below the root two places have in common.
CREATE OR REPLACE FUNCTION shared_levels(p_key bytea, p_other bytea) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(max(n), 0) FROM generate_series(1, least(octet_length(p_key), octet_length(p_other)) / 16) n
  WHERE substr(p_key, 1, 16 * n) = substr(p_other, 1, 16 * n)
$$;
REVOKE ALL ON FUNCTION shared_levels FROM PUBLIC;

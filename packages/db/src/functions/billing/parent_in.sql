-- The account above the last one of a chain, as its 16 bytes; of a main account nothing.
CREATE OR REPLACE FUNCTION parent_in(p_chain bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT substr(p_chain, octet_length(p_chain) - 31, 16) $$;

-- A row's hash is of the hash before it and of what it says. As an aggregate over the contents of rows in their order, the first of which
-- is the hash that the chain goes on from.
CREATE OR REPLACE FUNCTION next_hash(p_prev bytea, p_content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT sha256(p_prev || p_content) $$;
REVOKE ALL ON FUNCTION next_hash FROM PUBLIC;

-- The account at a level of such a chain: the root's is 1.
CREATE OR REPLACE FUNCTION id_at(p_chain bytea, p_level int) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT encode(substr(p_chain, p_level * 16 - 15, 16), 'hex')::uuid $$;

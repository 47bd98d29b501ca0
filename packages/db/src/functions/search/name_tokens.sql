-- A name's letters in threes, and the letters that words begin with: hashed with the tree, so that other trees' names cost nothing.
CREATE OR REPLACE FUNCTION name_tokens(p_root uuid, p_key text) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  name text := ' ' || p_key;
  salt bigint := uuid_hash_extended(p_root, 0);
  tokens bigint[] := '{}';
BEGIN
  -- A loop, and not a query: 22 µs a name instead of 140.
  FOR i IN 1..length(name) - 1 LOOP
    tokens := tokens || hashtextextended(substr(name, i, 3), salt);
    IF substr(name, i, 1) = ' ' THEN tokens := tokens || hashtextextended(substr(name, i, 2), salt); END IF;
  END LOOP;
  RETURN tokens;
END $$;

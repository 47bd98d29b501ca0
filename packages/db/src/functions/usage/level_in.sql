-- The level of an account in such a chain; null when it is not in it.
CREATE OR REPLACE FUNCTION level_in(p_chain bytea, p_account uuid) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT CASE WHEN position(uuid_send(p_account) IN p_chain) % 16 = 1 THEN position(uuid_send(p_account) IN p_chain) / 16 + 1 END $$;

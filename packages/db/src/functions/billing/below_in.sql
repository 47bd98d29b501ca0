-- The account right below another one in a chain, as its 16 bytes; of that account itself nothing.
CREATE OR REPLACE FUNCTION below_in(p_chain bytea, p_account uuid) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT substr(p_chain, level_in(p_chain, p_account) * 16 + 1, 16) $$;

-- The account directly below the payer (p_seller NULL) or the customer on a chain, which lines are told apart by, as its 16 bytes.
CREATE OR REPLACE FUNCTION top_in(p_chain bytea, p_account uuid, p_seller uuid) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT CASE WHEN p_seller IS NULL THEN substr(p_chain, 17, 16) ELSE below_in(p_chain, p_account) END $$;

-- What a note of a change holds. More accounts than these are not worth their room: none says that whoever was away reads anew.
CREATE OR REPLACE FUNCTION noted_accounts(p_accounts uuid[]) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT CASE WHEN cardinality(p_accounts) <= 1000 THEN p_accounts END $$;

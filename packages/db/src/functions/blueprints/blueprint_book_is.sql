-- Whether the price book that an account has from a seller, and goes on to have, is the one that a blueprint says.
CREATE OR REPLACE FUNCTION blueprint_book_is(p_seller uuid, p_account uuid, p_book jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT coalesce((
    SELECT g.book_id = (p_book ->> 'id')::uuid AND g.book_version = (p_book ->> 'version')::int
    FROM book_assignments g WHERE g.account_id = p_seller AND g.customer_id = p_account AND g.valid_to IS NULL LIMIT 1), false)
$$;
REVOKE ALL ON FUNCTION blueprint_book_is FROM PUBLIC;

-- What an account of the acting subtree is called; of one that left it or is erased, what it was called when it did.
CREATE OR REPLACE FUNCTION name_then(p_account uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT coalesce(
    (SELECT a.name FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_account
       AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE LIMIT 1),
    (SELECT p.name FROM past_placements p WHERE p.account_id = p_account AND p.root_id = acting_root()
       AND (p.path_key >= acting_key() AND p.path_key < acting_end()) IS TRUE ORDER BY p.valid_to DESC LIMIT 1))
$$;
REVOKE ALL ON FUNCTION name_then FROM PUBLIC;
GRANT EXECUTE ON FUNCTION name_then TO tenantree_app;

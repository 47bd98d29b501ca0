-- The same by line (rules/money 4): an account has one for each parent that it stood under, whatever became of those above them; and one for
-- each account directly below the main account, so that what each of those costs is a sum of lines. chain: where it stood, of several the last.
CREATE OR REPLACE FUNCTION billed_places(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz)
RETURNS TABLE (account_id uuid, parent bytea, top bytea, chain bytea, quantity numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
  SELECT u.account_id, parent_in(u.chain), substr(u.chain, 17, 16), max(u.chain), sum(u.quantity)
  FROM billed_usage(p_account, p_seller, p_meter, p_from) u GROUP BY 1, 2, 3
$$;
REVOKE ALL ON FUNCTION billed_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billed_places TO tenantree_app;

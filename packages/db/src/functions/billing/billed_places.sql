-- The same by line (rules/money 4): an account has one for each parent that it stood under, whatever became of those above them; and one for
-- each account directly below the payer (or the customer), so that what each of those costs is a sum of lines. chain: where it stood, of
-- several the last.
--   p_begin, p_end  a part of the period, of a customer (NULL: all of it)
CREATE OR REPLACE FUNCTION billed_places(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz)
RETURNS TABLE (account_id uuid, parent bytea, top bytea, chain bytea, quantity numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
  SELECT u.account_id, parent_in(u.chain), CASE WHEN p_seller IS NULL THEN substr(u.chain, 17, 16) ELSE below_in(u.chain, p_account) END,
    max(u.chain), sum(u.quantity)
  FROM (
    SELECT * FROM billed_usage(p_account, p_seller, p_meter, p_from) WHERE p_begin IS NULL
    UNION ALL SELECT * FROM used_between(p_account, p_seller, p_meter, p_from, p_begin, p_end) WHERE p_begin IS NOT NULL
  ) u GROUP BY 1, 2, 3
$$;
REVOKE ALL ON FUNCTION billed_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billed_places TO tenantree_app;

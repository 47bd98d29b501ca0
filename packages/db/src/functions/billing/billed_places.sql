-- The same by line (rules/money 4): an account has one for each parent that it stood under, whatever became of those above them; and one for
-- each account directly below the payer (or the customer), so that what each of those costs is a sum of lines. chain: where it stood, of
-- several the last. Whoever calls it has it in its own query: it has no settings for that.
--   p_meter  with increments behind it: each event rounded up   p_begin, p_end  a part of the period, of a customer (NULL: all of it)
CREATE OR REPLACE FUNCTION billed_places(p_account uuid, p_seller uuid, p_meter text, p_from timestamptz, p_begin timestamptz, p_end timestamptz)
RETURNS TABLE (account_id uuid, name text, parent bytea, top bytea, chain bytea, quantity numeric)
LANGUAGE sql STABLE AS $$
  SELECT u.account_id, u.name, parent_in(u.chain), top_in(u.chain, p_account, p_seller), u.chain, u.quantity
  FROM billed_usage(p_account, p_seller, p_meter, p_from, true) u WHERE p_begin IS NULL AND position(' ' IN p_meter) = 0
  UNION ALL
  SELECT u.account_id, max(u.name), parent_in(u.chain), top_in(u.chain, p_account, p_seller), max(u.chain), sum(u.quantity) FROM (
    SELECT b.account_id, b.name, b.chain, b.quantity FROM used_between(p_account, p_seller, p_meter, p_from, p_begin, p_end) b
      WHERE p_begin IS NOT NULL AND position(' ' IN p_meter) = 0
    UNION ALL
    SELECT b.account_id, b.name, b.chain, b.quantity FROM rounded_usage(p_account, p_seller, p_meter, p_from, p_begin, p_end) b
      WHERE position(' ' IN p_meter) > 0
  ) u GROUP BY 1, 3, 4 HAVING sum(u.quantity) <> 0
$$;
REVOKE ALL ON FUNCTION billed_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billed_places TO tenantree_app;

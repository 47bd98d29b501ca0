-- Which of some phone numbers, each of an account of the acting one's subtree, calls are on whose leases live: one row for each call. The time is
-- the database's.
CREATE OR REPLACE FUNCTION numbers_in_call(p_accounts uuid[], p_numbers uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT n.id FROM unnest(p_accounts, p_numbers) n(account_id, id)
  CROSS JOIN LATERAL (
    SELECT FROM accounts x WHERE x.root_id = acting_root() AND x.id = n.account_id AND (x.path_key >= acting_key() AND x.path_key < acting_end()) IS TRUE LIMIT 1) a
  CROSS JOIN LATERAL (
    SELECT FROM leases x WHERE x.root_id = acting_root() AND x.account_id = n.account_id AND x.number_id = n.id AND x.expires_at > clock_timestamp()
      AND NOT x.settling OFFSET 0) g
$$;
REVOKE ALL ON FUNCTION numbers_in_call FROM PUBLIC;
GRANT EXECUTE ON FUNCTION numbers_in_call TO tenantree_app;

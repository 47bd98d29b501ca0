-- Whether the main account of the acting tree has a plan, now or to come, that includes no subaccounts.
CREATE OR REPLACE FUNCTION sold_without_subaccounts(p_now timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT EXISTS (SELECT FROM subscriptions s JOIN plans p ON p.id = s.plan_id AND p.version = s.plan_version
    WHERE s.account_id = acting_root() AND (s.valid_to IS NULL OR s.valid_to > p_now) AND p.terms->>'subaccounts' = 'none')
$$;
REVOKE ALL ON FUNCTION sold_without_subaccounts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sold_without_subaccounts TO tenantree_app;

-- The billing transfer whose payment method a provider reports of, and where it is; of several the newest.
CREATE OR REPLACE FUNCTION transfer_of_payment(p_method text) RETURNS TABLE (root_id uuid, account_id uuid, id uuid, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT t.root_id, t.account_id, t.id, t.state FROM billing_transfers t WHERE t.steps #>> '{payment,method}' = p_method ORDER BY t.id DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION transfer_of_payment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transfer_of_payment TO tenantree_serve;

-- The payer whose payment method a provider reports of, and the tree that it is the root of.
CREATE OR REPLACE FUNCTION payer_of_payment(p_method text) RETURNS TABLE (root_id uuid, account_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT r.root_id, m.account_id FROM (SELECT x.account_id FROM payment_methods x WHERE x.method = p_method LIMIT 1) m
  CROSS JOIN LATERAL (SELECT o.root_id FROM account_roots o WHERE o.id = m.account_id LIMIT 1) r
$$;
REVOKE ALL ON FUNCTION payer_of_payment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payer_of_payment TO tenantree_serve;

-- The billing transfer of a secret link, for whoever has it.
CREATE OR REPLACE FUNCTION transfer_by_hash(p_hash bytea) RETURNS TABLE (
  root_id uuid, account_id uuid, account_name text, id uuid, recipient text, message text, state text, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT t.root_id, t.account_id, a.name, t.id, t.recipient, t.message, t.state, t.expires_at
  FROM billing_transfers t CROSS JOIN LATERAL (
    SELECT x.name FROM accounts x WHERE x.root_id = t.root_id AND x.id = t.account_id LIMIT 1) a WHERE t.token_hash = p_hash
$$;
REVOKE ALL ON FUNCTION transfer_by_hash FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transfer_by_hash TO tenantree_serve;

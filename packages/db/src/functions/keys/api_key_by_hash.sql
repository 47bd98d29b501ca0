-- The key of a secret.
CREATE OR REPLACE FUNCTION api_key_by_hash(p_hash bytea) RETURNS TABLE (
  root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
  scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT k.* FROM api_keys h CROSS JOIN LATERAL presented_key(h.root_id, h.id) k WHERE h.token_hash = p_hash
$$;
REVOKE ALL ON FUNCTION api_key_by_hash FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_key_by_hash TO tenantree_serve;

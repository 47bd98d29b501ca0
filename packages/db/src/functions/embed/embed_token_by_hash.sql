-- A token stands in the tree of the key that it was made with, or is nobody's.
CREATE OR REPLACE FUNCTION embed_token_by_hash(p_hash bytea) RETURNS TABLE (
  root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
  scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[],
  token_id uuid, token_account_id uuid, token_account_name text, token_key bytea, origins text[], access text, features text[], user_ref text,
  token_created_at timestamptz, token_expires_at timestamptz, token_ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT k.*, e.id, e.account_id, a.name, a.path_key, e.origins, e.access, e.features, e.user_ref, e.created_at, e.expires_at, e.ended_at
  FROM embed_tokens e
  CROSS JOIN LATERAL (SELECT x.name, x.path_key FROM accounts x WHERE x.root_id = e.root_id AND x.id = e.account_id LIMIT 1) a
  CROSS JOIN LATERAL presented_key(e.root_id, e.key_id) k WHERE e.token_hash = p_hash
$$;
REVOKE ALL ON FUNCTION embed_token_by_hash FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed_token_by_hash TO tenantree_serve;

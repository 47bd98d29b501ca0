-- A key with what decides about it: its owner's memberships on the way down to its account, and what it is kept to.
CREATE OR REPLACE FUNCTION presented_key(p_root uuid, p_id uuid) RETURNS TABLE (
  root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
  scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[])
LANGUAGE sql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT k.root_id, k.account_id, k.id, k.user_id, k.name, k.expires_at, k.revoked_at, k.last_used_at, k.scopes,
    CASE WHEN k.within IS NOT NULL THEN ARRAY(SELECT w.id FROM accounts w
      WHERE w.root_id = k.root_id AND w.id = ANY (k.within) AND w.path_key >= a.path_key AND w.path_key < a.path_key || '\xff'::bytea) END,
    a.path_key, m.member_of, m.roles
  FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(m.account_id), '{}') AS member_of, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships_at(k.user_id, k.root_id, a.path_key) m
  ) m
  WHERE k.root_id = p_root AND k.id = p_id
$$;
REVOKE ALL ON FUNCTION presented_key FROM PUBLIC;

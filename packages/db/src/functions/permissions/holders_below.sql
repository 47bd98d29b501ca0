-- Who has rights by memberships, keys and embedded sessions that stand at or below an account of the acting subtree: what its caps bind.
-- People alike are one row; of keys and sessions the highest role that the owner has there now is not known here: all of them are told.
--   kind      person, key or session
--   roles     of a person the one; of others all that their owner has on the way down to the key's account, with how they reach
CREATE OR REPLACE FUNCTION holders_below(p_account uuid, p_now timestamptz) RETURNS TABLE (
  path_key bytea, kind text, member_at bytea[], roles text[], key_at bytea, scopes jsonb, features text[], holders int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  a accounts := reached(p_account);
  below bytea := a.path_key || '\xff'::bytea;
BEGIN
  RETURN QUERY
  SELECT m.path_key, 'person', NULL::bytea[], ARRAY[m.role], NULL::bytea, NULL::jsonb, NULL::text[], count(*)::int
    FROM members m WHERE m.root_id = a.root_id AND m.path_key >= a.path_key AND m.path_key < below GROUP BY m.path_key, m.role
  UNION ALL
  SELECT x.path_key, 'key', s.member_at, s.roles, x.path_key, k.scopes, NULL, 1
    FROM api_keys k JOIN accounts x ON x.root_id = k.root_id AND x.id = k.account_id
    CROSS JOIN LATERAL (SELECT array_agg(y.path_key) AS member_at, array_agg(m.role) AS roles FROM memberships_at(k.user_id, k.root_id, x.path_key) m
      JOIN accounts y ON y.root_id = k.root_id AND y.id = m.account_id) s
    WHERE k.root_id = a.root_id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > p_now)
      AND x.path_key >= a.path_key AND x.path_key < below
  UNION ALL
  SELECT x.path_key, 'session', s.member_at, s.roles, o.path_key, k.scopes, e.features, 1
    FROM embed_tokens e JOIN accounts x ON x.root_id = e.root_id AND x.id = e.account_id
    JOIN api_keys k ON k.root_id = e.root_id AND k.id = e.key_id JOIN accounts o ON o.root_id = k.root_id AND o.id = k.account_id
    CROSS JOIN LATERAL (SELECT array_agg(y.path_key) AS member_at, array_agg(m.role) AS roles FROM memberships_at(k.user_id, k.root_id, o.path_key) m
      JOIN accounts y ON y.root_id = k.root_id AND y.id = m.account_id) s
    WHERE e.root_id = a.root_id AND e.ended_at IS NULL AND e.expires_at > p_now AND k.revoked_at IS NULL
      AND x.path_key >= a.path_key AND x.path_key < below;
END $$;
REVOKE ALL ON FUNCTION holders_below FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holders_below TO tenantree_app;

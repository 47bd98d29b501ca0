-- What ends of people from above when an account of the acting subtree leaves with what is below it: their memberships there, but for the one of
-- who confirmed to own it; keys whose owners reach them from above only, with their sessions; open invitations by such people.
--   p_owner  who confirmed; NULL: nobody yet
CREATE OR REPLACE FUNCTION leavers_of(p_account uuid, p_owner uuid, p_now timestamptz)
RETURNS TABLE (kind text, account_id uuid, id uuid, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  a accounts := reached(p_account);
  below bytea := a.path_key || '\xff'::bytea;
  above uuid[] := people_above(a.root_id, a.path_key);
  leaving uuid[] := ARRAY(SELECT x.id FROM accounts x WHERE x.root_id = a.root_id AND x.path_key >= a.path_key AND x.path_key < below);
  ending uuid[];
BEGIN
  RETURN QUERY SELECT 'member', m.account_id, m.user_id, (SELECT u.name FROM auth.users u WHERE u.id = m.user_id)
    FROM unnest(above) p(id) CROSS JOIN LATERAL (
      SELECT x.account_id, x.user_id FROM members x WHERE x.user_id = p.id AND x.root_id = a.root_id AND x.path_key >= a.path_key AND x.path_key < below) m
    WHERE NOT (m.user_id IS NOT DISTINCT FROM p_owner AND m.account_id = p_account);
  -- Somebody stays who has a membership in what leaves, and does not reach it from above, or confirmed to own it.
  ending := ARRAY(SELECT k.id FROM api_keys k CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = a.root_id AND x.id = k.account_id LIMIT 1) x
    WHERE k.root_id = a.root_id AND k.account_id = ANY (leaving) AND k.revoked_at IS NULL AND NOT stays_in(k.user_id, a.root_id, x.path_key, a.path_key, above, p_owner));
  RETURN QUERY SELECT 'key', k.account_id, k.id, k.name FROM api_keys k WHERE k.root_id = a.root_id AND k.id = ANY (ending);
  RETURN QUERY SELECT 'session', e.account_id, e.id, e.user_ref FROM embed_tokens e
    WHERE e.root_id = a.root_id AND e.account_id = ANY (leaving) AND e.ended_at IS NULL AND e.expires_at > p_now
      AND (e.key_id = ANY (ending) OR NOT EXISTS (SELECT FROM api_keys k WHERE k.root_id = a.root_id AND k.id = e.key_id AND k.account_id = ANY (leaving)));
  RETURN QUERY SELECT 'invitation', i.account_id, i.id, i.shown_email FROM invitations i
    CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = a.root_id AND x.id = i.account_id LIMIT 1) x
    WHERE i.root_id = a.root_id AND i.account_id = ANY (leaving) AND i.accepted_at IS NULL AND i.expires_at > p_now
      AND NOT coalesce(stays_in(i.invited_by, a.root_id, x.path_key, a.path_key, above, p_owner), false);
END $$;
REVOKE ALL ON FUNCTION leavers_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leavers_of TO tenantree_app;

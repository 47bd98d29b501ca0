-- What ends of people from above when an account of the acting subtree leaves with what is below it: their memberships there, but for the one of
-- who confirmed to own it; keys whose owners reach them from above only, with their sessions; open invitations by such people.
--   p_owner  who confirmed; NULL: nobody yet
CREATE OR REPLACE FUNCTION leavers_of(p_account uuid, p_owner uuid, p_now timestamptz)
RETURNS TABLE (kind text, account_id uuid, id uuid, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_nestloop = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  a accounts := reached(p_account);
  below bytea := a.path_key || '\xff'::bytea;
  above uuid[] := people_above(a.root_id, a.path_key);
  leaving uuid[] := ARRAY(SELECT x.id FROM accounts x WHERE x.root_id = a.root_id AND x.path_key >= a.path_key AND x.path_key < below);
BEGIN
  RETURN QUERY SELECT 'member', m.account_id, m.user_id, (SELECT u.name FROM auth.users u WHERE u.id = m.user_id) FROM members m
    WHERE m.user_id = ANY (above) AND m.root_id = a.root_id AND m.path_key >= a.path_key AND m.path_key < below
      AND NOT (m.user_id IS NOT DISTINCT FROM p_owner AND m.account_id = p_account);
  -- Keys and invitations stay whose people have a membership in what leaves, there or above it, and don't reach it from above or confirmed to
  -- own it. All at once: there may be one of each in every account. Most are of people who are in the same account, which needs no way up.
  RETURN QUERY
    WITH asked AS MATERIALIZED (
      SELECT 'key' AS kind, k.account_id, k.id, k.user_id, k.name, k.revoked_at IS NOT NULL AS is_over FROM api_keys k
      WHERE k.root_id = a.root_id AND k.account_id = ANY (leaving)
      UNION ALL
      SELECT 'invitation', i.account_id, i.id, i.invited_by, i.shown_email, i.expires_at <= p_now FROM invitations i
      WHERE i.root_id = a.root_id AND i.account_id = ANY (leaving) AND i.accepted_at IS NULL
    ), memberships AS MATERIALIZED (
      SELECT m.account_id, m.user_id, m.path_key, m.role IN ('owner', 'admin', 'agency_admin') AS reaches_below FROM members m
      WHERE m.root_id = a.root_id AND m.account_id = ANY (leaving) AND (m.user_id <> ALL (above) OR (m.user_id = p_owner AND m.account_id = p_account))
    ), here AS MATERIALIZED (
      SELECT q.*, m.user_id IS NOT NULL AS stays FROM asked q LEFT JOIN memberships m ON m.account_id = q.account_id AND m.user_id = q.user_id
    ), kept AS MATERIALIZED (
      SELECT q.id FROM here q WHERE q.stays OR q.is_over
      UNION ALL
      SELECT q.id FROM here q
      CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = a.root_id AND x.id = q.account_id LIMIT 1) x
      CROSS JOIN LATERAL generate_series(octet_length(a.path_key) / 16, octet_length(x.path_key) / 16 - 1) level
      JOIN memberships m ON m.user_id = q.user_id AND m.path_key = substr(x.path_key, 1, level * 16)
      WHERE NOT q.stays AND NOT q.is_over AND m.reaches_below
    )
    SELECT q.kind, q.account_id, q.id, q.name FROM here q WHERE NOT EXISTS (SELECT FROM kept s WHERE s.id = q.id)
    UNION ALL
    -- With those that a key makes which is not here.
    SELECT 'session', e.account_id, e.id, e.user_ref FROM embed_tokens e
    WHERE e.root_id = a.root_id AND e.account_id = ANY (leaving) AND e.ended_at IS NULL AND e.expires_at > p_now
      AND NOT EXISTS (SELECT FROM kept s WHERE s.id = e.key_id);
END $$;
REVOKE ALL ON FUNCTION leavers_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leavers_of TO tenantree_app;

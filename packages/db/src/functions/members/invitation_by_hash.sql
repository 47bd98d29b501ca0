-- The invitation of a secret link, accepted ones included.
CREATE OR REPLACE FUNCTION invitation_by_hash(p_hash bytea) RETURNS TABLE (
  account_id uuid, account_name text, id uuid, email text, shown_email text, role text, invited_by uuid, expires_at timestamptz, accepted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT i.account_id, a.name, i.id, i.email, i.shown_email, i.role, i.invited_by, i.expires_at, i.accepted_at
  FROM invitations i CROSS JOIN LATERAL (
    SELECT x.name FROM accounts x WHERE x.root_id = i.root_id AND x.id = i.account_id LIMIT 1) a WHERE i.token_hash = p_hash
$$;
REVOKE ALL ON FUNCTION invitation_by_hash FROM PUBLIC;
GRANT EXECUTE ON FUNCTION invitation_by_hash TO tenantree_serve;

-- Every call of a person in the web app asks for it: one question, where a transaction as tenantree_auth takes three.
CREATE OR REPLACE FUNCTION session_by_token(p_token text)
RETURNS TABLE (id uuid, expires_at timestamptz, proved_at timestamptz, user_id uuid, name text, shown_email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
  SELECT s.id, s.expires_at, s.proved_at, u.id, u.name, u.shown_email FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token = p_token
$$;
REVOKE ALL ON FUNCTION session_by_token FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_by_token TO tenantree_serve;

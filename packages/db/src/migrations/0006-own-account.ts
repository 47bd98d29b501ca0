import { type Kysely, sql } from 'kysely';

/** What people do with their own sign-in data, and what keeps invitations and credentials in step with members. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- When the session's person last proved the password: signing in is the first time.
    ALTER TABLE auth.sessions ADD COLUMN proved_at timestamptz;
    UPDATE auth.sessions SET proved_at = created_at;
    ALTER TABLE auth.sessions ALTER COLUMN proved_at SET NOT NULL;

    -- Addresses are compared in ASCII form (\`email\`, as all are that are there already) and shown as they were typed.
    ALTER TABLE auth.users ADD COLUMN shown_email text;
    UPDATE auth.users SET shown_email = email;
    ALTER TABLE auth.users ALTER COLUMN shown_email SET NOT NULL;
    GRANT SELECT (shown_email) ON auth.users TO tenantree_app;
    ALTER TABLE invitations ADD COLUMN shown_email text;
    UPDATE invitations SET shown_email = email;
    ALTER TABLE invitations ALTER COLUMN shown_email SET NOT NULL;

    -- One open invitation of an address and account: the latest.
    DELETE FROM invitations i USING invitations later
      WHERE later.account_id = i.account_id AND later.email = i.email AND i.accepted_at IS NULL AND later.accepted_at IS NULL AND later.id > i.id;
    CREATE UNIQUE INDEX invitations_open ON invitations (account_id, email) WHERE accepted_at IS NULL;

    -- Who leaves takes along what they made.
    CREATE INDEX invitations_inviter ON invitations (invited_by) WHERE accepted_at IS NULL;
    CREATE INDEX api_keys_owner ON api_keys (user_id) WHERE revoked_at IS NULL;

    DROP FUNCTION invitation_by_hash;
    CREATE FUNCTION invitation_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, account_name text, id uuid, email text, shown_email text, role text, invited_by uuid, expires_at timestamptz, accepted_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT i.account_id, a.name, i.id, i.email, i.shown_email, i.role, i.invited_by, i.expires_at, i.accepted_at
      FROM invitations i JOIN accounts a ON a.id = i.account_id WHERE i.token_hash = p_hash
    $$;
    REVOKE ALL ON FUNCTION invitation_by_hash FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION invitation_by_hash TO tenantree_app;
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** Sign-in data (better-auth, schema `auth`), members, invitations, API keys, embed tokens, agents, audit log, first-run claims. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (
      id uuid PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, email_verified boolean NOT NULL DEFAULT false, image text,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE auth.sessions (
      id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE, token text NOT NULL UNIQUE,
      expires_at timestamptz NOT NULL, ip_address text, user_agent text,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX sessions_user ON auth.sessions (user_id);
    CREATE TABLE auth.credentials (
      id uuid PRIMARY KEY, account_id text NOT NULL, provider_id text NOT NULL,
      user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE, password text,
      access_token text, refresh_token text, id_token text, access_token_expires_at timestamptz, refresh_token_expires_at timestamptz, scope text,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX credentials_user ON auth.credentials (user_id);
    CREATE TABLE auth.verifications (
      id uuid PRIMARY KEY, identifier text NOT NULL, value text NOT NULL, expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX verifications_identifier ON auth.verifications (identifier);
    GRANT USAGE ON SCHEMA auth TO tenantree_auth, tenantree_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO tenantree_auth;
    GRANT SELECT (id, name, email) ON auth.users TO tenantree_app;

    CREATE TABLE members (
      account_id uuid NOT NULL REFERENCES accounts (id), user_id uuid NOT NULL REFERENCES auth.users (id),
      role text NOT NULL CHECK (role IN ('owner', 'admin', 'agency_admin', 'member', 'viewer')), created_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, user_id)
    );
    CREATE INDEX members_user ON members (user_id);
    CREATE TABLE invitations (
      account_id uuid NOT NULL REFERENCES accounts (id), id uuid NOT NULL, email text NOT NULL,
      role text NOT NULL CHECK (role IN ('owner', 'admin', 'agency_admin', 'member', 'viewer')),
      token_hash bytea NOT NULL UNIQUE, invited_by uuid, created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, accepted_at timestamptz,
      PRIMARY KEY (account_id, id)
    );
    CREATE TABLE api_keys (
      account_id uuid NOT NULL REFERENCES accounts (id), id uuid NOT NULL, user_id uuid NOT NULL REFERENCES auth.users (id),
      name text NOT NULL, prefix text NOT NULL, token_hash bytea NOT NULL UNIQUE,
      created_at timestamptz NOT NULL, expires_at timestamptz, last_used_at timestamptz, revoked_at timestamptz,
      PRIMARY KEY (account_id, id)
    );
    CREATE TABLE embed_tokens (
      account_id uuid NOT NULL REFERENCES accounts (id), id uuid NOT NULL, key_id uuid NOT NULL, origin text NOT NULL,
      access text NOT NULL CHECK (access IN ('read', 'full')), user_ref text NOT NULL, token_hash bytea NOT NULL UNIQUE,
      created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id)
    );
    CREATE INDEX embed_tokens_expiry ON embed_tokens (expires_at);
    CREATE TABLE agents (
      account_id uuid NOT NULL REFERENCES accounts (id), id uuid NOT NULL, name text NOT NULL, external_id text, created_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id)
    );
    CREATE UNIQUE INDEX agents_external_id ON agents (account_id, external_id) WHERE external_id IS NOT NULL;
    CREATE TABLE audit_log (
      account_id uuid NOT NULL, id uuid NOT NULL, at timestamptz NOT NULL, action text NOT NULL,
      actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'key', 'embed', 'system')), actor_id uuid, actor_name text NOT NULL,
      via_id uuid, via_name text, target_id uuid, target_name text, details jsonb NOT NULL DEFAULT '{}', request_id text,
      PRIMARY KEY (account_id, id)
    );
    CREATE TABLE setup_claims (token_hash bytea PRIMARY KEY, created_at timestamptz NOT NULL);

    ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
    ALTER TABLE auth.sessions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE auth.credentials ENABLE ROW LEVEL SECURITY;
    ALTER TABLE auth.verifications ENABLE ROW LEVEL SECURITY;
    ALTER TABLE members ENABLE ROW LEVEL SECURITY;
    ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
    ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE embed_tokens ENABLE ROW LEVEL SECURITY;
    ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
    ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
    ALTER TABLE setup_claims ENABLE ROW LEVEL SECURITY;

    CREATE POLICY sign_in ON auth.users TO tenantree_auth USING (true);
    CREATE POLICY sign_in ON auth.sessions TO tenantree_auth USING (true);
    CREATE POLICY sign_in ON auth.credentials TO tenantree_auth USING (true);
    CREATE POLICY sign_in ON auth.verifications TO tenantree_auth USING (true);
    CREATE POLICY people_in_reach ON auth.users FOR SELECT TO tenantree_app
      USING (id = (SELECT acting_user()) OR EXISTS (SELECT 1 FROM members m WHERE m.user_id = users.id));
    CREATE POLICY subtree ON members TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree ON invitations TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree ON api_keys TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree ON embed_tokens TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree ON agents TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree_read ON audit_log FOR SELECT TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree_append ON audit_log FOR INSERT TO tenantree_app WITH CHECK (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));

    GRANT SELECT, INSERT, UPDATE, DELETE ON members, invitations, api_keys, embed_tokens, agents TO tenantree_app;
    GRANT SELECT, INSERT ON audit_log TO tenantree_app;

    -- Doors for those who have no acting account yet. Each needs the secret's hash, or the signed-in person's own id.
    -- A person's memberships along one path: the creator of ten thousand accounts is a member of each, so never all of them.
    CREATE FUNCTION memberships_on(p_user uuid, p_path uuid[]) RETURNS TABLE (account_id uuid, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT m.account_id, m.role FROM members m WHERE m.account_id = ANY (p_path) AND m.user_id = p_user
    $$;
    -- Where a person enters: memberships that no other membership further up reaches already.
    CREATE FUNCTION entrances_of(p_user uuid, p_limit int) RETURNS TABLE (account_id uuid, account_name text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.name, m.role FROM members m JOIN accounts a ON a.id = m.account_id
      WHERE m.user_id = p_user AND a.status <> 'closed' AND NOT EXISTS (
        SELECT 1 FROM members above WHERE above.user_id = p_user AND above.role IN ('owner', 'admin', 'agency_admin')
          AND above.account_id = ANY (a.path[:a.depth]))
      ORDER BY a.depth, m.created_at LIMIT p_limit
    $$;
    -- Accounts with an external id that a person may know: a membership of theirs stands on the path, below p_within if given.
    CREATE FUNCTION accounts_by_external_id(p_external_id text, p_user uuid, p_within uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id FROM accounts a
      WHERE a.external_id = p_external_id AND (p_within IS NULL OR p_within = ANY (a.path))
        AND EXISTS (SELECT 1 FROM members m WHERE m.account_id = ANY (a.path) AND m.user_id = p_user)
    $$;
    CREATE FUNCTION api_key_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT k.account_id, k.id, k.user_id, k.name, k.expires_at, k.revoked_at, k.last_used_at FROM api_keys k WHERE k.token_hash = p_hash
    $$;
    CREATE FUNCTION touch_api_key(p_hash bytea, p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      UPDATE api_keys SET last_used_at = p_now WHERE token_hash = p_hash AND (last_used_at IS NULL OR last_used_at < p_now - interval '1 minute')
    $$;
    CREATE FUNCTION embed_token_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, id uuid, key_id uuid, user_id uuid, key_account_id uuid, origin text, access text, user_ref text,
      expires_at timestamptz, key_expires_at timestamptz, key_revoked_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT e.account_id, e.id, e.key_id, k.user_id, k.account_id, e.origin, e.access, e.user_ref, e.expires_at, k.expires_at, k.revoked_at
      FROM embed_tokens e JOIN api_keys k ON k.id = e.key_id WHERE e.token_hash = p_hash
    $$;
    CREATE FUNCTION invitation_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, account_name text, id uuid, email text, role text, expires_at timestamptz, accepted_at timestamptz, account_status text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT i.account_id, a.name, i.id, i.email, i.role, i.expires_at, i.accepted_at, a.status
      FROM invitations i JOIN accounts a ON a.id = i.account_id WHERE i.token_hash = p_hash
    $$;
    CREATE FUNCTION erase_expired_embed_tokens(p_now timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      WITH gone AS (DELETE FROM embed_tokens WHERE expires_at < p_now - interval '1 day' RETURNING 1) SELECT count(*) FROM gone
    $$;

    -- First run: a claim is open while no account has a member. The lock makes two simultaneous claims one.
    CREATE FUNCTION offer_claim(p_hash bytea, p_now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM members) THEN RETURN false; END IF;
      INSERT INTO setup_claims (token_hash, created_at) VALUES (p_hash, p_now) ON CONFLICT DO NOTHING;
      RETURN true;
    END $$;
    CREATE FUNCTION is_claimed() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT EXISTS (SELECT 1 FROM members)
    $$;
    CREATE FUNCTION take_claim(p_hash bytea) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('tenantree.setup', 0));
      IF EXISTS (SELECT 1 FROM members) OR NOT EXISTS (SELECT 1 FROM setup_claims WHERE token_hash = p_hash) THEN RETURN false; END IF;
      DELETE FROM setup_claims;
      RETURN true;
    END $$;

    REVOKE ALL ON FUNCTION memberships_on, entrances_of, accounts_by_external_id, api_key_by_hash, touch_api_key, embed_token_by_hash, invitation_by_hash, erase_expired_embed_tokens,
      offer_claim, is_claimed, take_claim FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION memberships_on, entrances_of, accounts_by_external_id, api_key_by_hash, touch_api_key, embed_token_by_hash, invitation_by_hash, erase_expired_embed_tokens,
      offer_claim, is_claimed, take_claim TO tenantree_app;
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/**
 * Credentials that can't do more than they are for (rules/keys 2, 8): keys with scopes, a part of the subtree and a maker with
 * which they end, embedded screens with features; and the first person as part of the claim's own transaction.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Keys that are there keep everything: no scopes (NULL) is all that the owner has, no within the whole subtree.
    CREATE UNIQUE INDEX api_keys_id ON api_keys (id);
    ALTER TABLE api_keys ADD COLUMN scopes jsonb, ADD COLUMN within uuid[],
      ADD COLUMN made_by uuid REFERENCES api_keys (id) ON DELETE CASCADE;
    CREATE INDEX api_keys_made_by ON api_keys (made_by) WHERE made_by IS NOT NULL;
    ALTER TABLE invitations ADD COLUMN made_by uuid REFERENCES api_keys (id) ON DELETE CASCADE;
    CREATE INDEX invitations_made_by ON invitations (made_by) WHERE made_by IS NOT NULL;

    -- Tokens that are there end within the hour; until then they do what they were made for, but no more than a screen may.
    ALTER TABLE embed_tokens ADD COLUMN features text[] NOT NULL DEFAULT '{usage}';
    UPDATE embed_tokens SET features = '{usage,create,rename}' WHERE access = 'full';
    ALTER TABLE embed_tokens ALTER COLUMN features DROP DEFAULT;

    -- What a key proves comes with what decides whether it still reaches anything: its account's path, its owner's memberships there,
    -- and what of its part of the subtree is still below that account. Who reads it decides; one look-up for every call.
    DROP FUNCTION api_key_by_hash, embed_token_by_hash;
    CREATE FUNCTION presented_key(p_id uuid) RETURNS TABLE (
      account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path uuid[], member_of uuid[], roles text[])
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      SELECT k.account_id, k.id, k.user_id, k.name, k.expires_at, k.revoked_at, k.last_used_at, k.scopes,
        CASE WHEN k.within IS NOT NULL THEN ARRAY(SELECT w.id FROM accounts w WHERE w.id = ANY (k.within) AND k.account_id = ANY (w.path)) END,
        a.path, m.member_of, m.roles
      FROM api_keys k JOIN accounts a ON a.id = k.account_id
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(m.account_id), '{}') AS member_of, coalesce(array_agg(m.role), '{}') AS roles
        FROM members m WHERE m.account_id = ANY (a.path) AND m.user_id = k.user_id
      ) m
      WHERE k.id = p_id
    $$;
    CREATE FUNCTION api_key_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path uuid[], member_of uuid[], roles text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT k.* FROM api_keys h CROSS JOIN LATERAL presented_key(h.id) k WHERE h.token_hash = p_hash
    $$;
    CREATE FUNCTION embed_token_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path uuid[], member_of uuid[], roles text[],
      token_id uuid, token_account_id uuid, token_path uuid[], origin text, access text, features text[], user_ref text, token_expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT k.*, e.id, e.account_id, a.path, e.origin, e.access, e.features, e.user_ref, e.expires_at
      FROM embed_tokens e JOIN accounts a ON a.id = e.account_id CROSS JOIN LATERAL presented_key(e.key_id) k WHERE e.token_hash = p_hash
    $$;

    -- Keeps a key as it is until this transaction ends, while something is made with it: who revokes it waits, and finds what was made.
    CREATE FUNCTION hold_api_key(p_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      PERFORM 1 FROM api_keys WHERE id = p_id AND revoked_at IS NULL FOR SHARE;
      RETURN FOUND;
    END $$;
    -- Revokes keys of an account of the acting subtree with all that was made with them, wherever that is now (is_seen: in that subtree).
    -- One generation after the other: each waits for those who are making the next.
    CREATE FUNCTION revoke_api_keys(p_account uuid, p_ids uuid[], p_now timestamptz)
    RETURNS TABLE (account_id uuid, id uuid, name text, is_seen boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE generation uuid[] := ARRAY(
      SELECT k.id FROM api_keys k JOIN accounts a ON a.id = k.account_id
      WHERE k.account_id = p_account AND k.id = ANY (p_ids) AND k.revoked_at IS NULL AND acting_account() = ANY (a.path));
    BEGIN
      WHILE cardinality(generation) > 0 LOOP
        RETURN QUERY UPDATE api_keys k SET revoked_at = p_now FROM accounts a
          WHERE k.id = ANY (generation) AND k.revoked_at IS NULL AND a.id = k.account_id
          RETURNING k.account_id, k.id, k.name, acting_account() = ANY (a.path);
        DELETE FROM invitations i WHERE i.made_by = ANY (generation) AND i.accepted_at IS NULL;
        generation := ARRAY(SELECT k.id FROM api_keys k WHERE k.made_by = ANY (generation));
      END LOOP;
    END $$;

    -- The first person, in the transaction that takes the claim and makes the main account: a crash leaves all of it or nothing, and
    -- nobody needs a second connection. Of a first run that was cut short the person may be there already: the password is new then.
    CREATE FUNCTION make_first_person(p_id uuid, p_email text, p_shown_email text, p_name text, p_credential uuid, p_password text, p_now timestamptz) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE person uuid;
    BEGIN
      IF is_claimed() THEN RAISE EXCEPTION 'this deployment has an owner'; END IF;
      INSERT INTO auth.users AS u (id, name, email, shown_email, email_verified, created_at, updated_at)
        VALUES (p_id, p_name, p_email, p_shown_email, true, p_now, p_now)
        ON CONFLICT (email) DO UPDATE SET name = excluded.name, shown_email = excluded.shown_email, updated_at = p_now RETURNING u.id INTO person;
      DELETE FROM auth.sessions WHERE user_id = person;
      DELETE FROM auth.credentials WHERE user_id = person;
      INSERT INTO auth.credentials (id, account_id, provider_id, user_id, password, created_at, updated_at)
        VALUES (p_credential, person::text, 'credential', person, p_password, p_now, p_now);
      RETURN person;
    END $$;

    -- Where some accounts stand: what decides whether somebody may be told of them.
    CREATE FUNCTION account_paths(p_ids uuid[]) RETURNS TABLE (id uuid, path uuid[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.path FROM accounts a WHERE a.id = ANY (p_ids)
    $$;

    REVOKE ALL ON FUNCTION account_paths, presented_key, api_key_by_hash, embed_token_by_hash, hold_api_key, revoke_api_keys, make_first_person FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION account_paths, api_key_by_hash, embed_token_by_hash, hold_api_key, revoke_api_keys, make_first_person TO tenantree_app;
  `.execute(db);
}

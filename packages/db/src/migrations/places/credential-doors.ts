import { type Kysely, sql } from 'kysely';

/** Secrets are found by their hash before an account acts, and lead to their tree. */
export async function credentialDoors(db: Kysely<unknown>): Promise<void> {
  await presented(db);
  await held(db);
}

const presented = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What a key proves comes with what decides whether it still reaches anything: its account's place, its owner's memberships there, and
    -- what of its part of the subtree is still below that account. Who reads it decides; one look-up for every call.
    DROP FUNCTION api_key_by_hash, embed_token_by_hash, presented_key;
    CREATE FUNCTION presented_key(p_root uuid, p_id uuid) RETURNS TABLE (
      root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[])
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      SELECT k.root_id, k.account_id, k.id, k.user_id, k.name, k.expires_at, k.revoked_at, k.last_used_at, k.scopes,
        CASE WHEN k.within IS NOT NULL THEN ARRAY(SELECT w.id FROM accounts w
          WHERE w.root_id = k.root_id AND w.id = ANY (k.within) AND w.path_key >= a.path_key AND w.path_key < a.path_key || '\\xff'::bytea) END,
        a.path_key, m.member_of, m.roles
      FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(m.account_id), '{}') AS member_of, coalesce(array_agg(m.role), '{}') AS roles
        FROM members m WHERE m.root_id = k.root_id AND m.account_id = ANY (path_of(a.root_id, a.path_key)) AND m.user_id = k.user_id
      ) m
      WHERE k.root_id = p_root AND k.id = p_id
    $$;
    CREATE FUNCTION api_key_by_hash(p_hash bytea) RETURNS TABLE (
      root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT k.* FROM api_keys h CROSS JOIN LATERAL presented_key(h.root_id, h.id) k WHERE h.token_hash = p_hash
    $$;
    -- A token stands in the tree of the key that it was made with, or is nobody's.
    CREATE FUNCTION embed_token_by_hash(p_hash bytea) RETURNS TABLE (
      root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[],
      token_id uuid, token_account_id uuid, token_key bytea, origin text, access text, features text[], user_ref text, token_expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT k.*, e.id, e.account_id, a.path_key, e.origin, e.access, e.features, e.user_ref, e.expires_at
      FROM embed_tokens e JOIN accounts a ON a.root_id = e.root_id AND a.id = e.account_id
      CROSS JOIN LATERAL presented_key(e.root_id, e.key_id) k WHERE e.token_hash = p_hash
    $$;
    CREATE OR REPLACE FUNCTION invitation_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, account_name text, id uuid, email text, shown_email text, role text, invited_by uuid, expires_at timestamptz, accepted_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT i.account_id, a.name, i.id, i.email, i.shown_email, i.role, i.invited_by, i.expires_at, i.accepted_at
      FROM invitations i JOIN accounts a ON a.root_id = i.root_id AND a.id = i.account_id WHERE i.token_hash = p_hash
    $$;
    REVOKE ALL ON FUNCTION presented_key, api_key_by_hash, embed_token_by_hash FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION api_key_by_hash, embed_token_by_hash TO tenantree_app;
  `.execute(db);

const held = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Keeps a person's memberships above and in an account of the acting subtree, and a key of theirs, until this transaction ends: who takes
    -- them away waits, and finds what was made. held: both are there. Memberships first, as in removing somebody. The account stays where it
    -- is, too, and its place is read when that is sure.
    CREATE OR REPLACE FUNCTION hold_standing(p_account uuid, p_user uuid, p_key uuid, OUT held boolean, OUT key_ends_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE root uuid := acting_root(); chain uuid[];
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(hashtextextended(root::text, 0));
      PERFORM bind_tenant(acting_account(), acting_user());
      SELECT path_of(a.root_id, a.path_key) INTO chain FROM accounts a
        WHERE a.root_id = root AND a.id = p_account AND a.path_key >= acting_key() AND a.path_key < acting_end();
      PERFORM 1 FROM members m WHERE m.root_id = root AND m.account_id = ANY (chain) AND m.user_id = p_user ORDER BY m.account_id FOR SHARE;
      held := FOUND;
      IF p_key IS NOT NULL THEN
        SELECT k.expires_at INTO key_ends_at FROM api_keys k WHERE k.root_id = root AND k.id = p_key AND k.revoked_at IS NULL FOR SHARE;
        held := held AND FOUND;
      END IF;
    END $$;

    -- Revokes keys with all that was made with them, one generation after the other: each waits for those who are making the next.
    -- is_seen: of the acting account's subtree.
    CREATE FUNCTION revoke_generations(p_root uuid, p_first uuid[], p_now timestamptz)
    RETURNS TABLE (account_id uuid, id uuid, name text, is_seen boolean) LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE generation uuid[] := p_first;
    BEGIN
      WHILE cardinality(generation) > 0 LOOP
        RETURN QUERY UPDATE api_keys k SET revoked_at = p_now FROM accounts a
          WHERE k.root_id = p_root AND k.id = ANY (generation) AND k.revoked_at IS NULL AND a.root_id = p_root AND a.id = k.account_id
          RETURNING k.account_id, k.id, k.name, a.path_key >= acting_key() AND a.path_key < acting_end();
        DELETE FROM invitations i WHERE i.root_id = p_root AND i.made_by = ANY (generation) AND i.accepted_at IS NULL;
        generation := ARRAY(SELECT k.id FROM api_keys k WHERE k.root_id = p_root AND k.made_by = ANY (generation));
      END LOOP;
    END $$;
    -- Of an account of the acting subtree; what was made with them, wherever in the tree that is now.
    CREATE OR REPLACE FUNCTION revoke_api_keys(p_account uuid, p_ids uuid[], p_now timestamptz)
    RETURNS TABLE (account_id uuid, id uuid, name text, is_seen boolean)
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT r.* FROM revoke_generations(acting_root(), ARRAY(
        SELECT k.id FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
        WHERE k.root_id = acting_root() AND k.account_id = p_account AND k.id = ANY (p_ids) AND k.revoked_at IS NULL
          AND a.path_key >= acting_key() AND a.path_key < acting_end()), p_now) r
    $$;
    REVOKE ALL ON FUNCTION revoke_generations FROM PUBLIC;
  `.execute(db);

import { type Kysely, sql } from 'kysely';

/**
 * What a server that serves may do (docs/decisions/0015-the-login-that-serves.md): call the doors, and become `tenantree_app` or
 * `tenantree_auth` inside a transaction. Logins are members of `tenantree_serve`; it sees no table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Roles belong to the whole server: another database may have brought it, or an administrator, where our role may not create any.
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenantree_serve') THEN
        BEGIN
          CREATE ROLE tenantree_serve NOLOGIN NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
      END IF;
    END $$;
    GRANT USAGE ON SCHEMA public TO tenantree_serve;

    -- How a tenant's transaction begins, and its only way to an acting account. Not a SECURITY DEFINER function, so that it asks about the
    -- role that the transaction reads and writes with, whatever stands between it and the server: without row-level security nothing begins.
    CREATE FUNCTION act_as(p_account uuid, p_user uuid) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF current_user <> 'tenantree_app' OR NOT row_security_active('public.accounts') THEN
        RAISE EXCEPTION 'row-level security is not in force for %', current_user USING ERRCODE = 'operator_intervention';
      END IF;
      PERFORM public.bind_tenant(p_account, p_user);
    END $$;

    -- Every call of a person in the web app asks for it: one question, where a transaction as tenantree_auth takes three.
    CREATE FUNCTION session_by_token(p_token text)
    RETURNS TABLE (id uuid, expires_at timestamptz, proved_at timestamptz, user_id uuid, name text, shown_email text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
      SELECT s.id, s.expires_at, s.proved_at, u.id, u.name, u.shown_email FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token = p_token
    $$;
    CREATE FUNCTION migrations_done() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT name FROM kysely_migration
    $$;
    REVOKE ALL ON FUNCTION act_as, session_by_token, migrations_done FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION act_as TO tenantree_app;

    -- The doors that are called outside any acting account. Those that don't ask whether there is one are shut to it.
    REVOKE EXECUTE ON FUNCTION api_key_by_hash, embed_token_by_hash, entrances_of, erase_expired_embed_tokens, forget_tree_changes,
      invitation_by_hash, offer_claim, owns_main_account, touch_api_key, uncounted_trees FROM tenantree_app;
    GRANT EXECUTE ON FUNCTION account_chain, account_places, accounts_by_external_id, accounts_to_erase, api_key_by_hash, count_tree, day_start,
      embed_token_by_hash, entrances_of, erase_expired_embed_tokens, find_repeats, forget_tree_changes, index_names,
      invitation_by_hash, is_claimed, keep_months, memberships_on, migrations_done,
      offer_claim, owns_main_account, record_usage, refill_sort, session_by_token, settle_sort, touch_api_key,
      tree_of, trees_to_sort, uncounted_trees
      TO tenantree_serve;
    REVOKE MAINTAIN ON uncounted_usage FROM tenantree_app;
    GRANT MAINTAIN ON uncounted_usage TO tenantree_serve;

    -- No connection says how long these wait for a lock: a pooler may have dropped it.
    ALTER FUNCTION record_usage SET lock_timeout = '10s';
    ALTER FUNCTION find_repeats SET lock_timeout = '10s';
    ALTER FUNCTION touch_api_key SET lock_timeout = '10s';
  `.execute(db);
}

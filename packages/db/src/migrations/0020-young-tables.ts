import { type Kysely, sql } from 'kysely';

/**
 * Costs that do not wait for statistics. Statements and functions keep the plan that was made when their tables were empty or small, until
 * the next ANALYZE a minute or more later; an import makes thousands of accounts meanwhile, and every access check read all of them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await firstStatistics(db);
  await doors(db);
}

const firstStatistics = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Every index leads with the root. Of an empty table PostgreSQL takes it that few rows have one root, and a look-up by the root alone for
    -- as cheap as that by the whole key: it is told that half of the rows may have the same.
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', c.relname::text, 'attname', a.attname::text, 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'root_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT EXISTS (
      SELECT FROM pg_stats s WHERE s.schemaname = 'public' AND s.tablename = c.relname AND s.attname = a.attname)
  `.execute(db);

/**
 * What is asked with every call looks up each account by its key: behind LIMIT, for as a join the planner reads all accounts once. It can't
 * know how few levels a path has, or how few accounts are asked for.
 */
const doors = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE OR REPLACE FUNCTION bind_tenant(p_account uuid, p_user uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    DECLARE place record;
    BEGIN
      SELECT a.root_id, a.path_key INTO place FROM account_roots d CROSS JOIN LATERAL (
        SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a WHERE d.id = p_account;
      PERFORM set_config('tenantree.account', p_account::text, true), set_config('tenantree.user', coalesce(p_user::text, ''), true),
        set_config('tenantree.root', coalesce(place.root_id, p_account)::text, true),
        set_config('tenantree.key', coalesce(encode(place.path_key, 'hex'), ''), true);
    END $$;

    CREATE OR REPLACE FUNCTION account_chain(p_account uuid) RETURNS TABLE (
      id uuid, root_id uuid, parent_id uuid, name text, depth smallint, status text,
      suspension_kind text, suspended_from timestamptz, suspended_until timestamptz,
      suspended_at timestamptz, payer_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT c.id, c.root_id, c.parent_id, c.name, c.depth, c.status, c.suspension_kind, c.suspended_from, c.suspended_until,
        c.suspended_at, c.payer_id
      FROM account_roots d
      CROSS JOIN LATERAL (SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a
      CROSS JOIN LATERAL generate_series(0, octet_length(a.path_key) / 16) level
      CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = a.root_id AND x.path_key = substr(a.path_key, 1, level * 16) LIMIT 1) c
      WHERE d.id = p_account AND may_be_told(a.root_id, a.path_key) ORDER BY level
    $$;

    CREATE OR REPLACE FUNCTION account_places(p_ids uuid[]) RETURNS TABLE (id uuid, root_id uuid, path_key bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT a.* FROM unnest(p_ids) p(id)
      CROSS JOIN LATERAL (SELECT x.root_id FROM account_roots x WHERE x.id = p.id LIMIT 1) d
      CROSS JOIN LATERAL (SELECT x.id, x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = p.id LIMIT 1) a
      WHERE may_be_told(a.root_id, a.path_key)
    $$;

    -- Where a person enters (0017-people.ts), the account of each step by its key.
    CREATE OR REPLACE FUNCTION entrances_of(p_user uuid, p_limit int) RETURNS TABLE (account_id uuid, account_name text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      WITH RECURSIVE walk AS (
        SELECT NULL::uuid AS id, NULL::text AS name, NULL::text AS role, NULL::timestamptz AS since, 0::smallint AS depth, false AS is_live,
          '00000000-0000-0000-0000-000000000000'::uuid AS root_id, ''::bytea AS passed, 0 AS found
        UNION ALL
        SELECT a.id, a.name, n.role, n.created_at, a.depth, a.status <> 'closed', n.root_id,
          CASE WHEN n.role IN ('owner', 'admin', 'agency_admin') THEN n.path_key || '\\xff'::bytea ELSE n.path_key END,
          w.found + (a.status <> 'closed')::int
        FROM walk w
        CROSS JOIN LATERAL (
          SELECT m.* FROM members m WHERE m.user_id = p_user AND (m.root_id, m.path_key) > (w.root_id, w.passed)
          ORDER BY m.root_id, m.path_key LIMIT 1
        ) n
        CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = n.root_id AND x.path_key = n.path_key LIMIT 1) a
        WHERE w.found < p_limit
      )
      SELECT w.id, w.name, w.role FROM walk w WHERE w.is_live ORDER BY w.depth, w.since
    $$;

    -- A token stands in the tree of the key that it was made with, or is nobody's.
    CREATE OR REPLACE FUNCTION embed_token_by_hash(p_hash bytea) RETURNS TABLE (
      root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[],
      token_id uuid, token_account_id uuid, token_key bytea, origin text, access text, features text[], user_ref text, token_expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT k.*, e.id, e.account_id, a.path_key, e.origin, e.access, e.features, e.user_ref, e.expires_at
      FROM embed_tokens e
      CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = e.root_id AND x.id = e.account_id LIMIT 1) a
      CROSS JOIN LATERAL presented_key(e.root_id, e.key_id) k WHERE e.token_hash = p_hash
    $$;
    CREATE OR REPLACE FUNCTION invitation_by_hash(p_hash bytea) RETURNS TABLE (
      account_id uuid, account_name text, id uuid, email text, shown_email text, role text, invited_by uuid, expires_at timestamptz, accepted_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT i.account_id, a.name, i.id, i.email, i.shown_email, i.role, i.invited_by, i.expires_at, i.accepted_at
      FROM invitations i CROSS JOIN LATERAL (
        SELECT x.name FROM accounts x WHERE x.root_id = i.root_id AND x.id = i.account_id LIMIT 1) a WHERE i.token_hash = p_hash
    $$;

    -- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it.
    CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND (acting_root() IS NULL OR (a.root_id = acting_root() AND a.path_key >= acting_key() AND a.path_key < acting_end()))
        AND (SELECT true FROM accounts c WHERE c.root_id = a.root_id AND c.parent_id = a.id LIMIT 1) IS NULL
        AND (SELECT true FROM uncounted_usage u WHERE u.root_id = a.root_id LIMIT 1) IS NULL
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;

    ALTER FUNCTION api_key_by_hash SET enable_seqscan = off;
    ALTER FUNCTION accounts_by_external_id SET enable_seqscan = off;
    ALTER FUNCTION memberships_on SET enable_seqscan = off;
    ALTER FUNCTION owns_main_account SET enable_seqscan = off;
    ALTER FUNCTION presented_key SET enable_seqscan = off;
  `.execute(db);

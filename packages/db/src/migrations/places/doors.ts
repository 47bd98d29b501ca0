import { type Kysely, sql } from 'kysely';

/**
 * What is asked before an account acts, and answers without regard to any subtree. Where one acts already, they tell it of its subtree and
 * of the way down to it, and of nothing else.
 */
export const doors = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- The chain from the root down to an account: what decides whether somebody may enter.
    CREATE OR REPLACE FUNCTION account_chain(p_account uuid) RETURNS TABLE (
      id uuid, root_id uuid, parent_id uuid, name text, depth smallint, status text,
      suspension_kind text, suspended_from timestamptz, suspended_until timestamptz,
      suspended_at timestamptz, payer_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT c.id, c.root_id, c.parent_id, c.name, c.depth, c.status, c.suspension_kind, c.suspended_from, c.suspended_until,
        c.suspended_at, c.payer_id
      FROM account_roots d JOIN accounts a ON a.root_id = d.root_id AND a.id = d.id
      CROSS JOIN LATERAL generate_series(0, octet_length(a.path_key) / 16) level
      JOIN accounts c ON c.root_id = a.root_id AND c.path_key = substr(a.path_key, 1, level * 16)
      WHERE d.id = p_account AND may_be_told(a.root_id, a.path_key) ORDER BY level
    $$;

    -- Where some accounts stand: what decides whether somebody may be told of them.
    DROP FUNCTION account_paths;
    CREATE FUNCTION account_places(p_ids uuid[]) RETURNS TABLE (id uuid, root_id uuid, path_key bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.path_key FROM unnest(p_ids) p(id) JOIN account_roots d ON d.id = p.id
      JOIN accounts a ON a.root_id = d.root_id AND a.id = d.id WHERE may_be_told(a.root_id, a.path_key)
    $$;

    -- A person's memberships among accounts of one tree, whose root comes first: mostly those of a path.
    CREATE OR REPLACE FUNCTION memberships_on(p_user uuid, p_path uuid[]) RETURNS TABLE (account_id uuid, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT m.account_id, m.role FROM members m
      WHERE m.root_id = p_path[1] AND m.account_id = ANY (p_path) AND m.user_id = p_user
        AND (acting_root() IS NULL OR may_be_told_of(m.root_id, m.account_id))
    $$;

    -- Accounts with an external id that a person may know: a membership of theirs stands on the path, below p_within if given.
    CREATE OR REPLACE FUNCTION accounts_by_external_id(p_external_id text, p_user uuid, p_within uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id FROM accounts a
      WHERE a.external_id = p_external_id AND may_be_told(a.root_id, a.path_key)
        AND (p_within IS NULL OR EXISTS (
          SELECT 1 FROM account_roots d JOIN accounts w ON w.root_id = d.root_id AND w.id = d.id
          WHERE d.id = p_within AND w.root_id = a.root_id AND a.path_key >= w.path_key AND a.path_key < w.path_key || '\\xff'::bytea))
        AND EXISTS (SELECT 1 FROM members m
          WHERE m.root_id = a.root_id AND m.account_id = ANY (path_of(a.root_id, a.path_key)) AND m.user_id = p_user)
    $$;

    -- The main account that a person made with an external id of theirs, and still reaches. Until the transaction ends, the same person's
    -- wishes with the same external id wait: they are repeats, and the one that comes first makes the account.
    CREATE OR REPLACE FUNCTION main_account_made_by(p_user uuid, p_external_id text) RETURNS TABLE (id uuid, name text, status text, metadata jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'main account', p_user, p_external_id), 0));
      RETURN QUERY SELECT a.id, a.name, a.status, a.metadata FROM accounts a
        WHERE a.external_id = p_external_id AND a.parent_id IS NULL AND a.created_by = p_user
          AND EXISTS (SELECT 1 FROM members m WHERE m.root_id = a.root_id AND m.account_id = a.id AND m.user_id = p_user)
        ORDER BY a.id LIMIT 1;
    END $$;
    CREATE OR REPLACE FUNCTION owns_main_account(p_user uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT EXISTS (SELECT 1 FROM members m JOIN accounts a ON a.root_id = m.root_id AND a.id = m.account_id
        WHERE m.user_id = p_user AND m.role = 'owner' AND a.parent_id IS NULL AND a.status <> 'closed')
    $$;
    REVOKE ALL ON FUNCTION account_places FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION account_places TO tenantree_app;
  `.execute(db);

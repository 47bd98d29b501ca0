import { type Kysely, sql } from 'kysely';

/** What changes trees, from within the acting account's subtree. */
export async function treeFunctions(db: Kysely<unknown>): Promise<void> {
  await standing(db);
  await totals(db);
  await moving(db);
  await erasing(db);
}

const standing = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- An account that a function is asked to change: one of the acting account's subtree.
    CREATE FUNCTION reached(p_account uuid) RETURNS accounts LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE a accounts;
    BEGIN
      SELECT x.* INTO a FROM accounts x
        WHERE x.root_id = acting_root() AND x.id = p_account AND x.path_key >= acting_key() AND x.path_key < acting_end();
      IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is not in the subtree of the acting account', p_account USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN a;
    END $$;
    -- Whether a place may be told of: to the acting account, of its subtree and of the way down to it; without one, to those who decide.
    CREATE FUNCTION may_be_told(p_root uuid, p_key bytea) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT acting_root() IS NULL OR (p_root = acting_root()
        AND ((p_key >= acting_key() AND p_key < acting_end()) OR p_key = substr(acting_key(), 1, octet_length(p_key))))
    $$;
    -- A function of its own, so that a statement without an acting account prepares nothing for it.
    CREATE FUNCTION may_be_told_of(p_root uuid, p_account uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
    BEGIN
      RETURN (SELECT may_be_told(a.root_id, a.path_key) FROM accounts a WHERE a.root_id = p_root AND a.id = p_account);
    END $$;
    CREATE FUNCTION is_own_tree(p_root uuid) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF p_root IS DISTINCT FROM public.acting_root() THEN
        RAISE EXCEPTION 'tree % is not that of the acting account', p_root USING ERRCODE = 'insufficient_privilege';
      END IF;
    END $$;

    -- Every change of a tree's shape starts here: one change of a tree at a time, none while usage of the tree is being counted. The acting
    -- account may have been moved while this waited: its place is read again.
    CREATE OR REPLACE FUNCTION begin_tree_change(p_root uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE v bigint;
    BEGIN
      PERFORM is_own_tree(p_root);
      PERFORM pg_advisory_xact_lock(hashtextextended(p_root::text, 0));
      PERFORM bind_tenant(acting_account(), acting_user());
      PERFORM is_own_tree(p_root);
      INSERT INTO tree_versions AS t (root_id, version) VALUES (p_root, 1)
        ON CONFLICT (root_id) DO UPDATE SET version = t.version + 1 RETURNING t.version INTO v;
      RETURN v;
    END $$;
    REVOKE ALL ON FUNCTION reached, may_be_told, may_be_told_of, is_own_tree FROM PUBLIC;
  `.execute(db);

const totals = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Adds to the maintained totals of an account and of all its ancestors, deepest first.
    CREATE OR REPLACE FUNCTION add_to_totals(p_account uuid, p_version bigint, p_members int, p_agents int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := reached(p_account);
    BEGIN
      FOR level IN REVERSE a.depth..0 LOOP
        UPDATE accounts SET
          own_members = own_members + CASE WHEN id = p_account THEN p_members ELSE 0 END, total_members = total_members + p_members,
          own_agents = own_agents + CASE WHEN id = p_account THEN p_agents ELSE 0 END, total_agents = total_agents + p_agents,
          version = p_version
        WHERE root_id = a.root_id AND path_key = substr(a.path_key, 1, level * 16);
      END LOOP;
    END $$;

    -- Adds the totals of a whole subtree to the accounts above it (p_sign 1), or takes them away (-1). Closed accounts count as none.
    DROP FUNCTION graft_totals;
    CREATE FUNCTION graft(a accounts, p_version bigint, p_sign int) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE live int := CASE WHEN a.status = 'closed' THEN 0 ELSE 1 END;
    BEGIN
      FOR level IN REVERSE a.depth - 1..0 LOOP
        UPDATE accounts SET
          children = children + CASE WHEN id = a.parent_id THEN p_sign * live ELSE 0 END,
          subaccounts = subaccounts + p_sign * (a.subaccounts + live),
          total_members = total_members + p_sign * a.total_members,
          total_agents = total_agents + p_sign * a.total_agents,
          version = p_version
        WHERE root_id = a.root_id AND path_key = substr(a.path_key, 1, level * 16);
      END LOOP;
    END $$;
    CREATE FUNCTION graft_totals(p_account uuid, p_version bigint, p_sign int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      PERFORM graft(reached(p_account), p_version, p_sign);
    END $$;
    REVOKE ALL ON FUNCTION graft, graft_totals FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION graft_totals TO tenantree_app;
  `.execute(db);

const moving = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Moves a subtree: remembers where its accounts stood until now and rewrites their keys (what is counted of later goes along:
    -- replace_counted_usage, 0014-usage/moving.ts). A clock that went back moves nothing into the time before an earlier move.
    CREATE OR REPLACE FUNCTION move_subtree(p_account uuid, p_parent uuid, p_version bigint, p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    DECLARE
      a accounts := reached(p_account);
      target accounts := reached(p_parent);
      old_end bytea := a.path_key || '\\xff'::bytea;
      new_key bytea := target.path_key || uuid_send(a.id);
      moved_at timestamptz;
    BEGIN
      IF target.path_key >= a.path_key AND target.path_key < old_end THEN
        RAISE EXCEPTION 'account % can not be moved below itself', p_account USING ERRCODE = 'invalid_parameter_value';
      END IF;
      SELECT greatest(p_now, max(placed_at)) INTO moved_at FROM accounts
        WHERE root_id = a.root_id AND path_key >= a.path_key AND path_key < old_end;
      PERFORM graft(a, p_version, -1);
      INSERT INTO departures (root_id, version, account_id, path_key) VALUES (a.root_id, p_version, a.id, a.path_key);
      PERFORM replace_counted_usage(a.root_id, a.path_key, new_key, moved_at, p_version);
      INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id)
        SELECT id, moved_at, root_id, path_key, payer_id FROM accounts
        WHERE root_id = a.root_id AND path_key >= a.path_key AND path_key < old_end
        ON CONFLICT DO NOTHING;
      -- Who paid for them from above is who paid for the account.
      UPDATE accounts SET
        path_key = new_key || substr(path_key, octet_length(a.path_key) + 1),
        parent_id = CASE WHEN id = p_account THEN p_parent ELSE parent_id END,
        payer_id = CASE WHEN payer_id = a.payer_id AND a.payer_id <> p_account THEN target.payer_id ELSE payer_id END,
        placed_at = moved_at,
        version = CASE WHEN id = p_account THEN p_version ELSE version END
      WHERE root_id = a.root_id AND path_key >= a.path_key AND path_key < old_end;
      PERFORM graft(reached(p_account), p_version, 1);
    END $$;
  `.execute(db);

const erasing = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Erases an account whose retention is over (rules/accounts 18): its data goes, what sums, invoices and the audit log need stays. Where it
    -- stood at last is its last placement, and ends never.
    CREATE OR REPLACE FUNCTION erase_account(p_account uuid, p_version bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := reached(p_account);
    BEGIN
      DELETE FROM embed_tokens WHERE root_id = a.root_id AND account_id = p_account;
      DELETE FROM api_keys WHERE root_id = a.root_id AND account_id = p_account;
      DELETE FROM invitations WHERE root_id = a.root_id AND account_id = p_account;
      DELETE FROM members WHERE root_id = a.root_id AND account_id = p_account;
      DELETE FROM agents WHERE root_id = a.root_id AND account_id = p_account;
      UPDATE usage_events SET attributes = '{}' WHERE account_id = p_account AND attributes <> '{}';
      INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id) VALUES (a.id, 'infinity', a.root_id, a.path_key, a.payer_id);
      INSERT INTO departures (root_id, version, account_id, path_key) VALUES (a.root_id, p_version, a.id, a.path_key);
      DELETE FROM accounts WHERE root_id = a.root_id AND id = p_account;
    END $$;

    -- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it.
    CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND (acting_root() IS NULL OR (a.root_id = acting_root() AND a.path_key >= acting_key() AND a.path_key < acting_end()))
        AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.root_id = a.root_id AND c.parent_id = a.id)
        AND NOT EXISTS (SELECT 1 FROM uncounted_usage u WHERE u.root_id = a.root_id)
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;
  `.execute(db);

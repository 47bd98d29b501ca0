import { type Kysely, sql } from 'kysely';

/**
 * Memberships know their place in the tree, creators are no members of what they make below themselves, and members are counted as people
 * (rules/people 4, docs/decisions/0014-people.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await dropCreators(db);
  await places(db);
  await sight(db);
  await counting(db);
  await countAnew(db);
  await entrances(db);
}

const dropCreators = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Who made a subaccount became its owner, too. Where they reach it from above with at least the same standing they lose nothing: their
    -- keys and invitations there hold as before. Of a chain of such memberships the topmost has none above it, and stays.
    -- Looked up account by account on the way up: as a join, and with statistics of the tables as they were before they had their keys, this
    -- took hours.
    ANALYZE accounts;
    ANALYZE members;
    DELETE FROM members m USING accounts a
    WHERE a.root_id = m.root_id AND a.id = m.account_id AND a.parent_id IS NOT NULL AND a.created_by = m.user_id AND (
      SELECT true FROM unnest(path_of(a.root_id, a.path_key)) p(id) CROSS JOIN LATERAL (
        SELECT x.role FROM members x WHERE x.root_id = a.root_id AND x.account_id = p.id AND x.user_id = m.user_id LIMIT 1
      ) above
      WHERE p.id <> a.id AND above.role IN ('owner', 'admin', 'agency_admin')
        AND array_position(ARRAY['owner', 'admin', 'agency_admin', 'member', 'viewer'], above.role)
          <= array_position(ARRAY['owner', 'admin', 'agency_admin', 'member', 'viewer'], m.role)
      LIMIT 1);
  `.execute(db);

const places = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Where a membership stands, copied from its account: whether somebody is anywhere in a subtree is one look-up in an index.
    ALTER TABLE members ADD COLUMN path_key bytea;
    UPDATE members m SET path_key = a.path_key FROM accounts a WHERE a.root_id = m.root_id AND a.id = m.account_id;
    ALTER TABLE members ALTER path_key SET NOT NULL;
    DROP INDEX members_user;
    -- Not unique: while a main account comes into another tree, both memberships of one person may be that of a root for a moment.
    CREATE INDEX members_person ON members (user_id, root_id, path_key);

    -- Whoever writes a membership has no say in where it stands.
    CREATE FUNCTION place_new_member() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      NEW.path_key := (SELECT a.path_key FROM accounts a WHERE a.root_id = NEW.root_id AND a.id = NEW.account_id);
      RETURN NEW;
    END $$;
    CREATE TRIGGER place_new_member BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION place_new_member();
    REVOKE UPDATE ON members FROM tenantree_app;
    GRANT UPDATE (role) ON members TO tenantree_app;

    -- Takes the members of some accounts along to where those stand now.
    CREATE FUNCTION place_members(p_root uuid, p_accounts uuid[]) RETURNS void
    LANGUAGE sql SET plan_cache_mode = force_custom_plan SET search_path = public, pg_temp AS $$
      UPDATE members m SET path_key = (SELECT a.path_key FROM accounts a WHERE a.root_id = p_root AND a.id = m.account_id)
      WHERE m.root_id = p_root AND m.account_id = ANY (p_accounts)
    $$;
    REVOKE ALL ON FUNCTION place_new_member, place_members FROM PUBLIC;
  `.execute(db);

const sight = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DROP POLICY subtree ON members;
    CREATE POLICY subtree ON members TO tenantree_app
      USING ((root_id = acting_root() AND path_key >= acting_key() AND path_key < acting_end()) IS TRUE);

    -- Of each person that a query found by itself one look-up tells whether they are anywhere in the acting subtree. Not EXISTS: that may be
    -- turned around, into a list of everybody there. In the order of the index, or of whom there are many a scan of the table looks cheapest.
    DROP POLICY people_in_reach ON auth.users;
    CREATE POLICY people_in_reach ON auth.users FOR SELECT TO tenantree_app USING (id = (SELECT acting_user()) OR (
      SELECT m.user_id FROM members m WHERE m.user_id = users.id
        AND m.root_id = acting_root() AND m.path_key >= acting_key() AND m.path_key < acting_end()
      ORDER BY m.path_key LIMIT 1) IS NOT NULL);
  `.execute(db);

const counting = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- How many levels below the root two places have in common.
    CREATE FUNCTION shared_levels(p_key bytea, p_other bytea) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT coalesce(max(n), 0) FROM generate_series(1, least(octet_length(p_key), octet_length(p_other)) / 16) n
      WHERE substr(p_key, 1, 16 * n) = substr(p_other, 1, 16 * n)
    $$;
    -- Of some people who are at a place, or in the subtree there: how many each account on the way down to it has nowhere else, in no account
    -- that is not closed. One number for each account from the root to p_key. The place reaches to before p_end.
    -- Keys are ordered, so that of all places outside of it the nearest before and the nearest after have most levels in common with it: two
    -- look-ups a person tell from where upward they are there anyway, whatever the depth and however much else they are members of.
    CREATE FUNCTION only_here(p_root uuid, p_key bytea, p_end bytea, p_people uuid[]) RETURNS int[]
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      WITH elsewhere AS (
        SELECT greatest(coalesce(shared_levels(p_key, before.path_key), -1), coalesce(shared_levels(p_key, after.path_key), -1)) AS level
        FROM unnest(p_people) p(id)
        LEFT JOIN LATERAL (
          SELECT m.path_key FROM members m JOIN accounts a ON a.root_id = m.root_id AND a.path_key = m.path_key
          WHERE m.user_id = p.id AND m.root_id = p_root AND m.path_key < p_key AND a.status <> 'closed' ORDER BY m.path_key DESC LIMIT 1
        ) before ON true
        LEFT JOIN LATERAL (
          SELECT m.path_key FROM members m JOIN accounts a ON a.root_id = m.root_id AND a.path_key = m.path_key
          WHERE m.user_id = p.id AND m.root_id = p_root AND m.path_key >= p_end AND a.status <> 'closed' ORDER BY m.path_key LIMIT 1
        ) after ON true
      )
      SELECT array_agg((SELECT count(*)::int FROM elsewhere e WHERE e.level < l.level) ORDER BY l.level)
      FROM generate_series(0, octet_length(p_key) / 16) l(level)
    $$;

    -- Counts a person who is a member of an account now (p_sign 1), or is one no more (-1): as one there, and in every account above that has
    -- them nowhere else. What is closed counts above it as nothing. Deepest first; behind begin_tree_change.
    CREATE FUNCTION count_member(p_account uuid, p_user uuid, p_version bigint, p_sign int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      a accounts := reached(p_account);
      chain uuid[] := path_of(a.root_id, a.path_key);
      people int[] := only_here(a.root_id, a.path_key, a.path_key || '\\x00'::bytea, ARRAY[p_user]);
    BEGIN
      FOR i IN REVERSE cardinality(chain)..1 LOOP
        EXIT WHEN i < cardinality(chain) AND (people[i] = 0 OR a.status = 'closed');
        UPDATE accounts SET own_members = own_members + CASE WHEN id = p_account THEN p_sign ELSE 0 END,
          total_members = total_members + p_sign * people[i], version = p_version
        WHERE root_id = a.root_id AND id = chain[i];
      END LOOP;
    END $$;

    -- Hangs a whole subtree under the accounts above it, its members along with it (p_sign 1), or takes its totals away from there (-1).
    -- Closed accounts count as none, and people as one wherever else they are.
    CREATE OR REPLACE FUNCTION graft(a accounts, p_version bigint, p_sign int) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    DECLARE
      chain uuid[] := path_of(a.root_id, a.path_key);
      live int := CASE WHEN a.status = 'closed' THEN 0 ELSE 1 END;
      -- As a list: joined, the members of a tree that is younger than the statistics were read anew for every account.
      ids uuid[] := ARRAY(SELECT s.id FROM accounts s
        WHERE s.root_id = a.root_id AND s.path_key >= a.path_key AND s.path_key < a.path_key || '\\xff'::bytea);
      people int[];
    BEGIN
      IF p_sign = 1 THEN PERFORM place_members(a.root_id, ids); END IF;
      IF live = 1 AND a.total_members > 0 THEN
        people := only_here(a.root_id, a.path_key, a.path_key || '\\xff'::bytea, ARRAY(
          SELECT DISTINCT m.user_id FROM members m
          WHERE m.root_id = a.root_id AND m.account_id = ANY (ids)
            AND (SELECT s.status FROM accounts s WHERE s.root_id = a.root_id AND s.id = m.account_id) <> 'closed'));
      END IF;
      FOR i IN REVERSE cardinality(chain) - 1..1 LOOP
        UPDATE accounts SET
          children = children + CASE WHEN id = a.parent_id THEN p_sign * live ELSE 0 END,
          subaccounts = subaccounts + p_sign * (a.subaccounts + live),
          total_members = total_members + p_sign * coalesce(people[i], 0),
          total_agents = total_agents + p_sign * a.total_agents,
          version = p_version
        WHERE root_id = a.root_id AND id = chain[i];
      END LOOP;
    END $$;

    -- Adds to the maintained totals of an account and of all its ancestors, deepest first. People are no sums: see count_member.
    DROP FUNCTION add_to_totals;
    CREATE FUNCTION add_to_totals(p_account uuid, p_version bigint, p_agents int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      a accounts := reached(p_account);
      chain uuid[] := path_of(a.root_id, a.path_key);
    BEGIN
      FOR i IN REVERSE cardinality(chain)..1 LOOP
        UPDATE accounts SET own_agents = own_agents + CASE WHEN id = p_account THEN p_agents ELSE 0 END,
          total_agents = total_agents + p_agents, version = p_version
        WHERE root_id = a.root_id AND id = chain[i];
      END LOOP;
    END $$;
    REVOKE ALL ON FUNCTION shared_levels, only_here, count_member, add_to_totals FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION count_member, add_to_totals TO tenantree_app;
  `.execute(db);

const countAnew = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- As people, and without the creators. A closed account keeps the number of its own members.
    WITH own AS (
      SELECT m.root_id, m.account_id, count(*)::int AS people FROM members m GROUP BY 1, 2
    ), total AS (
      SELECT m.root_id, p.id AS account_id, count(DISTINCT m.user_id)::int AS people
      FROM members m JOIN accounts a ON a.root_id = m.root_id AND a.id = m.account_id
      CROSS JOIN LATERAL unnest(path_of(a.root_id, a.path_key)) p(id)
      WHERE a.status <> 'closed' OR p.id = a.id GROUP BY 1, 2
    ), news AS (
      SELECT a.id, a.root_id, coalesce(o.people, 0) AS own, coalesce(t.people, 0) AS total
      FROM accounts a LEFT JOIN own o ON o.root_id = a.root_id AND o.account_id = a.id
      LEFT JOIN total t ON t.root_id = a.root_id AND t.account_id = a.id
      WHERE (a.own_members, a.total_members) IS DISTINCT FROM (coalesce(o.people, 0), coalesce(t.people, 0))
    ), changed AS (
      UPDATE tree_versions v SET version = v.version + 1 WHERE v.root_id IN (SELECT root_id FROM news) RETURNING v.root_id, v.version
    )
    UPDATE accounts a SET own_members = n.own, total_members = n.total, version = c.version
    FROM news n JOIN changed c ON c.root_id = n.root_id WHERE a.root_id = n.root_id AND a.id = n.id;
  `.execute(db);

const entrances = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- A person's memberships on the way down to a place, each looked up by all that names it: account and key. By the account alone the
    -- planner may as well read all that the person has in the tree, which it takes for one; so it may by a list of them.
    CREATE FUNCTION memberships_at(p_user uuid, p_root uuid, p_key bytea) RETURNS TABLE (account_id uuid, role text)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      SELECT m.account_id, m.role FROM unnest(path_of(p_root, p_key)) WITH ORDINALITY p(id, level) CROSS JOIN LATERAL (
        SELECT x.account_id, x.role FROM members x WHERE x.user_id = p_user AND x.root_id = p_root AND x.account_id = p.id
          AND x.path_key = substr(p_key, 1, 16 * (p.level - 1)::int) LIMIT 1
      ) m
    $$;
    CREATE OR REPLACE FUNCTION memberships_on(p_user uuid, p_path uuid[]) RETURNS TABLE (account_id uuid, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT m.account_id, m.role FROM unnest(p_path) p(id) CROSS JOIN LATERAL (
        SELECT x.account_id, x.role FROM members x WHERE x.user_id = p_user AND x.root_id = p_path[1] AND x.account_id = p.id
          AND x.path_key = (SELECT a.path_key FROM accounts a WHERE a.root_id = p_path[1] AND a.id = p.id) LIMIT 1
      ) m
      WHERE acting_root() IS NULL OR may_be_told_of(p_path[1], m.account_id)
    $$;
    CREATE OR REPLACE FUNCTION presented_key(p_root uuid, p_id uuid) RETURNS TABLE (
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
        FROM memberships_at(k.user_id, k.root_id, a.path_key) m
      ) m
      WHERE k.root_id = p_root AND k.id = p_id
    $$;

    -- Where a person enters: memberships that no other membership further up reaches already. Walked from the top of each tree, over what a
    -- role reaches in one step, so that it costs the same whatever is below. Of more than p_limit those that stand first in the order of keys.
    CREATE OR REPLACE FUNCTION entrances_of(p_user uuid, p_limit int) RETURNS TABLE (account_id uuid, account_name text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
        JOIN accounts a ON a.root_id = n.root_id AND a.path_key = n.path_key
        WHERE w.found < p_limit
      )
      SELECT w.id, w.name, w.role FROM walk w WHERE w.is_live ORDER BY w.depth, w.since
    $$;

    -- The trees that a person is a member of anything in, in as many steps. What is asked of each is asked by its key: as a join the planner
    -- may read all members at once, for it can't know how few trees most people are in.
    CREATE FUNCTION trees_of(p_user uuid) RETURNS TABLE (root_id uuid) LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      WITH RECURSIVE walk AS (
        SELECT '00000000-0000-0000-0000-000000000000'::uuid AS root_id
        UNION ALL
        SELECT n.root_id FROM walk w CROSS JOIN LATERAL (
          SELECT m.root_id FROM members m WHERE m.user_id = p_user AND m.root_id > w.root_id ORDER BY m.root_id, m.path_key LIMIT 1
        ) n
      )
      SELECT w.root_id FROM walk w OFFSET 1
    $$;

    -- Accounts with an external id that a person may know: a membership of theirs stands on the path, below p_within if given. Asked tree by
    -- tree of the person's, however many others use the same external id.
    CREATE OR REPLACE FUNCTION accounts_by_external_id(p_external_id text, p_user uuid, p_within uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id FROM (
        SELECT t.root_id FROM trees_of(p_user) t WHERE p_within IS NULL
        UNION ALL SELECT d.root_id FROM account_roots d WHERE d.id = p_within
      ) t
      CROSS JOIN LATERAL (
        SELECT x.id, x.root_id, x.path_key FROM accounts x WHERE x.root_id = t.root_id AND x.external_id = p_external_id LIMIT 1
      ) a
      WHERE may_be_told(a.root_id, a.path_key) AND (p_within IS NULL OR p_within = ANY (path_of(a.root_id, a.path_key)))
        AND EXISTS (SELECT 1 FROM memberships_at(p_user, a.root_id, a.path_key))
    $$;

    CREATE OR REPLACE FUNCTION owns_main_account(p_user uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT EXISTS (SELECT 1 FROM trees_of(p_user) t
        WHERE (SELECT m.role FROM memberships_at(p_user, t.root_id, '') m) = 'owner'
          AND (SELECT a.status FROM accounts a WHERE a.root_id = t.root_id AND a.id = t.root_id) <> 'closed')
    $$;
    REVOKE ALL ON FUNCTION memberships_at, trees_of FROM PUBLIC;
  `.execute(db);

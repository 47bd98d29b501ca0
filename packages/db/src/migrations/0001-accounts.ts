import { type Kysely, sql } from 'kysely';

/**
 * Accounts, their tree and its maintained totals, and the two roles of the application.
 *
 * `tenantree_app` serves requests and is bound by row-level security; `tenantree_auth` sees sign-in data only. Neither owns
 * a table. What must reach above the acting account (totals of ancestors, tree versions, who-may-enter look-ups) goes through
 * the few SECURITY DEFINER functions of these migrations: they are the whole list of doors.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Roles belong to the whole server: another database may have brought them, or an administrator, where our role may not create any.
    DO $$ DECLARE name text; BEGIN
      FOREACH name IN ARRAY ARRAY['tenantree_app', 'tenantree_auth'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
          BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', name);
          EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
          END;
        END IF;
        IF NOT pg_has_role(name, 'SET') THEN EXECUTE format('GRANT %I TO CURRENT_USER', name); END IF;
      END LOOP;
    END $$;
    GRANT USAGE ON SCHEMA public TO tenantree_app;

    -- Read once per query as an init-plan: (SELECT acting_account()).
    CREATE FUNCTION acting_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT NULLIF(current_setting('tenantree.account', true), '')::uuid $$;
    CREATE FUNCTION acting_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT NULLIF(current_setting('tenantree.user', true), '')::uuid $$;

    CREATE TABLE accounts (
      id uuid PRIMARY KEY,
      root_id uuid NOT NULL,
      parent_id uuid REFERENCES accounts (id),
      path uuid[] NOT NULL,
      depth smallint NOT NULL CHECK (depth BETWEEN 0 AND 32),
      name text NOT NULL,
      name_key text NOT NULL,
      external_id text,
      metadata jsonb NOT NULL DEFAULT '{}',
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
      suspension_kind text CHECK (suspension_kind IN ('no_new_work', 'read_only', 'full_stop')),
      suspended_from timestamptz,
      suspended_until timestamptz,
      protected boolean NOT NULL DEFAULT false,
      billing_mode text NOT NULL CHECK (billing_mode IN ('parent', 'direct')),
      payer_id uuid NOT NULL,
      placed_at timestamptz NOT NULL DEFAULT '-infinity',
      children int NOT NULL DEFAULT 0 CHECK (children >= 0),
      subaccounts int NOT NULL DEFAULT 0 CHECK (subaccounts >= 0),
      own_members int NOT NULL DEFAULT 0 CHECK (own_members >= 0),
      total_members int NOT NULL DEFAULT 0 CHECK (total_members >= own_members),
      own_agents int NOT NULL DEFAULT 0 CHECK (own_agents >= 0),
      total_agents int NOT NULL DEFAULT 0 CHECK (total_agents >= own_agents),
      version bigint NOT NULL,
      created_at timestamptz NOT NULL,
      created_by uuid,
      closed_at timestamptz,
      CHECK (path[1] = root_id AND path[cardinality(path)] = id AND cardinality(path) = depth + 1),
      CHECK ((parent_id IS NULL) = (depth = 0) AND (depth = 0 OR path[depth] = parent_id)),
      CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
      CHECK (status <> 'suspended' OR suspension_kind IS NOT NULL)
    ) WITH (fillfactor = 80);
    CREATE UNIQUE INDEX accounts_sibling_name ON accounts (parent_id, name_key) WHERE status <> 'closed';
    CREATE INDEX accounts_children ON accounts (parent_id, id);
    CREATE INDEX accounts_children_by_name ON accounts (parent_id, name_key, id);
    -- The external id leads, so that ext:THEIR-ID is found before it is known in which tree to look.
    CREATE UNIQUE INDEX accounts_external_id ON accounts (external_id, root_id) WHERE external_id IS NOT NULL;
    CREATE INDEX accounts_path ON accounts USING gin (path);
    CREATE INDEX accounts_closed ON accounts (closed_at) WHERE status = 'closed';

    -- One counter per tree, raised by every committed change while its row lock is held: versions come in commit order, without holes.
    CREATE TABLE tree_versions (root_id uuid PRIMARY KEY, version bigint NOT NULL) WITH (fillfactor = 50);

    -- Where an account stood before its moves (rules/usage 12): usage is attributed by the placement of its instant.
    CREATE TABLE past_placements (
      account_id uuid NOT NULL, valid_to timestamptz NOT NULL, path uuid[] NOT NULL, payer_id uuid NOT NULL,
      PRIMARY KEY (account_id, valid_to)
    );
    CREATE INDEX past_placements_path ON past_placements USING gin (path);

    -- Accounts that left a subtree, for live viewers that were away when it happened.
    CREATE TABLE departures (
      root_id uuid NOT NULL, version bigint NOT NULL, account_id uuid NOT NULL, path uuid[] NOT NULL,
      PRIMARY KEY (root_id, version, account_id)
    );

    ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
    ALTER TABLE tree_versions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE past_placements ENABLE ROW LEVEL SECURITY;
    ALTER TABLE departures ENABLE ROW LEVEL SECURITY;
    -- "= ANY (path)" and not "path @>": a policy must only filter the rows that a query found. Written with @> the planner took it for
    -- selective, used the index on path beside the query's own, and every page read the whole subtree (8 ms at 100 000 accounts).
    CREATE POLICY subtree ON accounts TO tenantree_app
      USING ((SELECT acting_account()) = ANY (path)) WITH CHECK ((SELECT acting_account()) = ANY (path));
    CREATE POLICY subtree ON past_placements TO tenantree_app
      USING ((SELECT acting_account()) = ANY (path));
    CREATE POLICY subtree ON departures TO tenantree_app
      USING ((SELECT acting_account()) = ANY (path));
    CREATE POLICY own_tree ON tree_versions FOR SELECT TO tenantree_app
      USING (root_id = (SELECT a.root_id FROM accounts a WHERE a.id = (SELECT acting_account())));
    GRANT SELECT, INSERT, UPDATE, DELETE ON accounts TO tenantree_app;
    GRANT SELECT ON tree_versions, past_placements, departures TO tenantree_app;

    -- Every change of a tree's shape starts here: one change of a tree at a time, none while usage of the tree is being counted.
    CREATE FUNCTION begin_tree_change(p_root uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE v bigint;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended(p_root::text, 0));
      INSERT INTO tree_versions AS t (root_id, version) VALUES (p_root, 1)
        ON CONFLICT (root_id) DO UPDATE SET version = t.version + 1 RETURNING t.version INTO v;
      RETURN v;
    END $$;

    -- Adds to the maintained totals of an account and of all its ancestors, deepest first.
    CREATE FUNCTION add_to_totals(p_account uuid, p_version bigint, p_members int, p_agents int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE p uuid[] := (SELECT path FROM accounts WHERE id = p_account);
    BEGIN
      FOR i IN REVERSE cardinality(p)..1 LOOP
        UPDATE accounts SET
          own_members = own_members + CASE WHEN id = p_account THEN p_members ELSE 0 END, total_members = total_members + p_members,
          own_agents = own_agents + CASE WHEN id = p_account THEN p_agents ELSE 0 END, total_agents = total_agents + p_agents,
          version = p_version
        WHERE id = p[i];
      END LOOP;
    END $$;

    -- Hangs the totals of a whole subtree under a parent (p_sign 1), or takes them away from it (-1). Closed accounts count as none.
    CREATE FUNCTION graft_totals(p_account uuid, p_parent uuid, p_version bigint, p_sign int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := (SELECT x FROM accounts x WHERE x.id = p_account);
            p uuid[] := (SELECT path FROM accounts WHERE id = p_parent);
            live int := CASE WHEN a.status = 'closed' THEN 0 ELSE 1 END;
    BEGIN
      FOR i IN REVERSE cardinality(p)..1 LOOP
        UPDATE accounts SET
          children = children + CASE WHEN id = p_parent THEN p_sign * live ELSE 0 END,
          subaccounts = subaccounts + p_sign * (a.subaccounts + live),
          total_members = total_members + p_sign * a.total_members,
          total_agents = total_agents + p_sign * a.total_agents,
          version = p_version
        WHERE id = p[i];
      END LOOP;
    END $$;

    -- Moves a subtree: remembers where its accounts stood until now and rewrites their paths, deepest first.
    CREATE FUNCTION move_subtree(p_account uuid, p_parent uuid, p_version bigint, p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := (SELECT x FROM accounts x WHERE x.id = p_account);
            target accounts := (SELECT x FROM accounts x WHERE x.id = p_parent);
    BEGIN
      PERFORM graft_totals(p_account, a.parent_id, p_version, -1);
      INSERT INTO departures (root_id, version, account_id, path) VALUES (a.root_id, p_version, a.id, a.path);
      INSERT INTO past_placements (account_id, valid_to, path, payer_id)
        SELECT id, p_now, path, payer_id FROM accounts WHERE path @> ARRAY[p_account]
        ON CONFLICT DO NOTHING;
      UPDATE accounts SET
        path = target.path || path[a.depth + 1:],
        depth = depth - a.depth + target.depth + 1,
        parent_id = CASE WHEN id = p_account THEN p_parent ELSE parent_id END,
        payer_id = CASE WHEN payer_id = ANY (a.path[:a.depth]) THEN target.payer_id ELSE payer_id END,
        placed_at = p_now,
        version = CASE WHEN id = p_account THEN p_version ELSE version END
      WHERE path @> ARRAY[p_account];
      PERFORM graft_totals(p_account, p_parent, p_version, 1);
      -- To those who watch the new place, the minutes of the subtree are news.
      UPDATE usage_totals SET version = p_version
        WHERE account_id IN (SELECT id FROM accounts WHERE path @> ARRAY[p_account]) AND period = date_trunc('month', p_now, 'UTC');
    END $$;

    -- The chain from the root down to an account: what decides whether somebody may enter, before an acting account is known.
    CREATE FUNCTION account_chain(p_account uuid) RETURNS TABLE (
      id uuid, root_id uuid, parent_id uuid, name text, depth smallint, status text,
      suspension_kind text, suspended_from timestamptz, suspended_until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT c.id, c.root_id, c.parent_id, c.name, c.depth, c.status, c.suspension_kind, c.suspended_from, c.suspended_until
      FROM accounts a JOIN accounts c ON c.id = ANY (a.path) WHERE a.id = p_account ORDER BY c.depth
    $$;

    REVOKE ALL ON FUNCTION begin_tree_change, add_to_totals, graft_totals, move_subtree, account_chain FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION begin_tree_change, add_to_totals, graft_totals, move_subtree, account_chain TO tenantree_app;
  `.execute(db);
}

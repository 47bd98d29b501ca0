import { type Kysely, sql } from 'kysely';

/** Children of a parent that has many are sorted by rows of their own: an index on totals would end their updates in place. */
export async function sortRows(db: Kysely<unknown>): Promise<void> {
  await rows(db);
  await settling(db);
}

const rows = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Parents whose children are sorted by rows of their own: from 200 live ones on, until fewer than 100 are left.
    -- period: of which the children's minutes are in their rows; NULL: they are in none yet. is_behind: some of them may be older than a second.
    CREATE TABLE sorted_parents (
      root_id uuid NOT NULL, account_id uuid NOT NULL, period timestamptz, is_behind boolean NOT NULL DEFAULT false, PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- Trees with such parents. version: the last one whose counted usage is in the rows.
    CREATE TABLE sorted_trees (root_id uuid PRIMARY KEY, version bigint NOT NULL);
    -- Minutes in millionths of what is stored: comparing numeric is not leakproof, a cursor of it would only filter. Minutes change all the
    -- time and apart from the others, which are right in the change's own transaction.
    CREATE TABLE account_sort_minutes (
      root_id uuid NOT NULL, account_id uuid NOT NULL, parent_id uuid NOT NULL, minutes bigint NOT NULL, PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE TABLE account_sort_counts (
      root_id uuid NOT NULL, account_id uuid NOT NULL, parent_id uuid NOT NULL, members int NOT NULL, agents int NOT NULL, PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );

    CREATE FUNCTION sort_key(p_quantity numeric) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(least(greatest(coalesce(p_quantity, 0), -9e12), 9e12) * 1000000)::bigint;

    INSERT INTO sorted_parents (root_id, account_id) SELECT root_id, id FROM accounts WHERE children > 200;
    INSERT INTO sorted_trees (root_id, version) SELECT DISTINCT root_id, 0 FROM sorted_parents;
    INSERT INTO account_sort_minutes (root_id, account_id, parent_id, minutes)
      SELECT a.root_id, a.id, a.parent_id, 0 FROM sorted_parents p JOIN accounts a ON a.root_id = p.root_id AND a.parent_id = p.account_id;
    INSERT INTO account_sort_counts (root_id, account_id, parent_id, members, agents)
      SELECT a.root_id, a.id, a.parent_id, a.total_members, a.total_agents FROM sorted_parents p JOIN accounts a ON a.root_id = p.root_id AND a.parent_id = p.account_id;
    CREATE INDEX account_sort_by_minutes ON account_sort_minutes (root_id, parent_id, minutes, account_id);
    CREATE INDEX account_sort_by_members ON account_sort_counts (root_id, parent_id, members, account_id);
    CREATE INDEX account_sort_by_agents ON account_sort_counts (root_id, parent_id, agents, account_id);

    ALTER TABLE sorted_parents ENABLE ROW LEVEL SECURITY;
    ALTER TABLE sorted_trees ENABLE ROW LEVEL SECURITY;
    ALTER TABLE account_sort_minutes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE account_sort_counts ENABLE ROW LEVEL SECURITY;
    -- A scalar sub-select and not EXISTS: that the planner may turn into reading all accounts once, and it doesn't know how few rows a page has.
    CREATE POLICY subtree ON sorted_parents FOR SELECT TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    CREATE POLICY subtree ON account_sort_minutes FOR SELECT TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    CREATE POLICY subtree ON account_sort_counts FOR SELECT TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT ON sorted_parents, account_sort_minutes, account_sort_counts TO tenantree_app;

    -- Gives a child of such a parent its rows. The parent is held, so that nobody finishes its rows meanwhile without this one.
    CREATE FUNCTION sort_child(p_child accounts) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE parent sorted_parents;
    BEGIN
      SELECT * INTO parent FROM sorted_parents WHERE root_id = p_child.root_id AND account_id = p_child.parent_id FOR SHARE;
      IF parent.account_id IS NULL THEN RETURN; END IF;
      INSERT INTO account_sort_minutes (root_id, account_id, parent_id, minutes) VALUES (p_child.root_id, p_child.id, p_child.parent_id,
        sort_key((SELECT t.total FROM usage_totals t WHERE t.account_id = p_child.id AND t.meter = 'call.seconds' AND t.period = parent.period)));
      INSERT INTO account_sort_counts (root_id, account_id, parent_id, members, agents)
        VALUES (p_child.root_id, p_child.id, p_child.parent_id, p_child.total_members, p_child.total_agents);
    END $$;
    CREATE FUNCTION unsort_child(p_before accounts, p_root uuid) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      PERFORM 1 FROM sorted_parents WHERE root_id = p_before.root_id AND account_id = p_before.parent_id FOR SHARE;
      IF NOT FOUND THEN RETURN; END IF;
      DELETE FROM account_sort_minutes WHERE root_id IN (p_before.root_id, p_root) AND account_id = p_before.id;
      DELETE FROM account_sort_counts WHERE root_id IN (p_before.root_id, p_root) AND account_id = p_before.id;
    END $$;
    CREATE FUNCTION sort_children(p_parent accounts) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      INSERT INTO sorted_trees (root_id, version) SELECT v.root_id, v.version FROM tree_versions v WHERE v.root_id = p_parent.root_id ON CONFLICT DO NOTHING;
      INSERT INTO sorted_parents (root_id, account_id) VALUES (p_parent.root_id, p_parent.id) ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN RETURN; END IF;
      INSERT INTO account_sort_minutes (root_id, account_id, parent_id, minutes)
        SELECT a.root_id, a.id, a.parent_id, 0 FROM accounts a WHERE a.root_id = p_parent.root_id AND a.parent_id = p_parent.id;
      INSERT INTO account_sort_counts (root_id, account_id, parent_id, members, agents)
        SELECT a.root_id, a.id, a.parent_id, a.total_members, a.total_agents FROM accounts a WHERE a.root_id = p_parent.root_id AND a.parent_id = p_parent.id;
    END $$;
    CREATE FUNCTION unsort_children(p_root uuid, p_parent uuid) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      DELETE FROM sorted_parents WHERE root_id = p_root AND account_id = p_parent;
      DELETE FROM account_sort_minutes WHERE root_id = p_root AND parent_id = p_parent;
      DELETE FROM account_sort_counts WHERE root_id = p_root AND parent_id = p_parent;
    END $$;

    -- Keeps who has rows, and all but minutes in them, in step with accounts.
    CREATE FUNCTION keep_sorted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        PERFORM sort_child(NEW);
        RETURN NULL;
      END IF;
      IF OLD.parent_id IS DISTINCT FROM NEW.parent_id THEN
        PERFORM unsort_child(OLD, NEW.root_id);
        PERFORM sort_child(NEW);
      ELSE
        UPDATE account_sort_counts SET members = NEW.total_members, agents = NEW.total_agents
          WHERE root_id = NEW.root_id AND account_id = NEW.id AND (members <> NEW.total_members OR agents <> NEW.total_agents);
      END IF;
      IF NEW.children > 200 AND OLD.children <= 200 THEN
        PERFORM sort_children(NEW);
      ELSIF NEW.children < 100 AND OLD.children >= 100 THEN
        PERFORM unsort_children(NEW.root_id, NEW.id);
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER keep_sorted_rows AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION keep_sorted();
    CREATE TRIGGER keep_sorted AFTER UPDATE ON accounts FOR EACH ROW
      WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id OR OLD.total_members <> NEW.total_members OR OLD.total_agents <> NEW.total_agents
        OR NEW.children > 200 AND OLD.children <= 200 OR NEW.children < 100 AND OLD.children >= 100)
      EXECUTE FUNCTION keep_sorted();

    -- Parents that come to another tree: what was counted there and is not in their rows yet is nothing that this tree would look for.
    CREATE FUNCTION keep_sorted_elsewhere() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      INSERT INTO sorted_trees (root_id, version) VALUES (NEW.root_id, 0) ON CONFLICT DO NOTHING;
      NEW.period := NULL;
      RETURN NEW;
    END $$;
    CREATE TRIGGER keep_sorted_elsewhere BEFORE UPDATE OF root_id ON sorted_parents FOR EACH ROW
      WHEN (OLD.root_id <> NEW.root_id) EXECUTE FUNCTION keep_sorted_elsewhere();
    REVOKE ALL ON FUNCTION sort_child, unsort_child, sort_children, unsort_children, keep_sorted, keep_sorted_elsewhere FROM PUBLIC;
  `.execute(db);

const settling = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Those of some trees that have sort rows; of all trees (NULL) those whose sort rows are behind in a billing period.
    CREATE FUNCTION trees_to_sort(p_roots uuid[], p_period timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT s.root_id FROM sorted_trees s WHERE s.root_id = ANY (p_roots)
      UNION ALL
      SELECT s.root_id FROM sorted_trees s JOIN tree_versions v ON v.root_id = s.root_id WHERE p_roots IS NULL AND (v.version > s.version
        OR EXISTS (SELECT 1 FROM sorted_parents p WHERE p.root_id = s.root_id AND (p.is_behind OR p.period IS NULL OR p.period < p_period)))
    $$;

    -- Brings the minutes of a tree's sort rows up to what is counted: those that the log of changes lists since the version that they are of,
    -- and those that whoever counted knows of. Where neither tells all that changed, rows are behind. One server at a time; no tree change
    -- meanwhile, as when usage is counted.
    --   p_accounts  accounts whose totals changed; p_versions: those of whose changes are all among them, listed or not
    --   false: it is not the time for it, try again
    CREATE FUNCTION settle_sort(p_root uuid, p_period timestamptz, p_versions bigint[], p_accounts uuid[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET lock_timeout = '10s' AS $$
    DECLARE settled bigint; present bigint;
    BEGIN
      SELECT version INTO settled FROM sorted_trees WHERE root_id = p_root FOR UPDATE SKIP LOCKED;
      IF NOT FOUND OR NOT pg_try_advisory_xact_lock_shared(hashtextextended(p_root::text, 0)) THEN RETURN false; END IF;
      SELECT version INTO present FROM tree_versions WHERE root_id = p_root;
      UPDATE account_sort_minutes s SET minutes = sort_key(t.total)
      FROM (SELECT unnest(p_accounts) AS id UNION SELECT unnest(accounts) FROM tree_changes
        WHERE root_id = p_root AND version > settled AND version <= present AND kind <> 'accounts') c
      JOIN usage_totals t ON t.account_id = c.id AND t.meter = 'call.seconds' AND t.period = p_period
      WHERE s.root_id = p_root AND s.account_id = c.id AND s.minutes <> sort_key(t.total)
        AND EXISTS (SELECT 1 FROM sorted_parents p WHERE p.root_id = p_root AND p.account_id = s.parent_id AND p.period = p_period);
      -- The log has no hole: as long as it begins at the next version or before, it has all that changed; NULL are more than it lists.
      IF present > settled AND (NOT EXISTS (SELECT 1 FROM tree_changes WHERE root_id = p_root AND version <= settled + 1)
        OR EXISTS (SELECT 1 FROM tree_changes WHERE root_id = p_root AND version > settled AND version <= present AND kind <> 'accounts'
          AND accounts IS NULL AND version <> ALL (p_versions)))
      THEN
        UPDATE sorted_parents SET is_behind = true WHERE root_id = p_root AND NOT is_behind;
      END IF;
      UPDATE sorted_trees SET version = present WHERE root_id = p_root AND version < present;
      RETURN true;
    END $$;

    -- Reads the minutes of all children of one parent again, whose rows are of no period or an earlier one, or behind. A server whose clock is
    -- behind turns no parent back.
    --   false: there is no such parent, or somebody else is at it
    CREATE FUNCTION refill_sort(p_root uuid, p_period timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET lock_timeout = '10s' AS $$
    DECLARE parent uuid;
    BEGIN
      PERFORM 1 FROM sorted_trees WHERE root_id = p_root FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN RETURN false; END IF;
      SELECT account_id INTO parent FROM sorted_parents
        WHERE root_id = p_root AND (period IS NULL OR period < p_period OR (is_behind AND period = p_period)) LIMIT 1 FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN RETURN false; END IF;
      UPDATE account_sort_minutes s SET minutes = sort_key(n.total)
      FROM (SELECT m.account_id, t.total FROM account_sort_minutes m
        LEFT JOIN usage_totals t ON t.account_id = m.account_id AND t.meter = 'call.seconds' AND t.period = p_period
        WHERE m.root_id = p_root AND m.parent_id = parent) n
      WHERE s.root_id = p_root AND s.account_id = n.account_id AND s.minutes <> sort_key(n.total);
      UPDATE sorted_parents SET period = p_period, is_behind = false WHERE root_id = p_root AND account_id = parent;
      RETURN true;
    END $$;
    REVOKE ALL ON FUNCTION trees_to_sort, settle_sort, refill_sort FROM PUBLIC;
  `.execute(db);

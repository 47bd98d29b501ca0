import { type Kysely, sql } from 'kysely';

/**
 * Searching and sorting that cost the same however many accounts a tree has (docs/decisions/0013-bounded-search-and-sort-rows.md).
 *
 * Names are found by their letters in an index of their own, and a search looks at no more than so many of them. Children of a parent that
 * has many are sorted by rows of their own: an index on totals would end their updates in place.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await names(db);
  await searching(db);
  await sortRows(db);
  await settling(db);
}

const names = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What begins with a text, and all names of a tree in the order of their bytes. Who is shown them sorts them as people do (by_name).
    CREATE INDEX accounts_search ON accounts (root_id, search_key, id);

    -- A name's letters in threes, and the letters that words begin with: hashed with the tree, so that other trees' names cost nothing.
    CREATE FUNCTION name_tokens(p_root uuid, p_key text) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
      name text := ' ' || p_key;
      salt bigint := uuid_hash_extended(p_root, 0);
      tokens bigint[] := '{}';
    BEGIN
      -- A loop, and not a query: 22 µs a name instead of 140.
      FOR i IN 1..length(name) - 1 LOOP
        tokens := tokens || hashtextextended(substr(name, i, 3), salt);
        IF substr(name, i, 1) = ' ' THEN tokens := tokens || hashtextextended(substr(name, i, 2), salt); END IF;
      END LOOP;
      RETURN tokens;
    END $$;

    -- tokens: NULL until they are (again) those of the tree.
    CREATE TABLE account_search (
      root_id uuid NOT NULL, account_id uuid NOT NULL, tokens bigint[], PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    INSERT INTO account_search (root_id, account_id, tokens) SELECT root_id, id, name_tokens(root_id, search_key) FROM accounts;
    -- Without a list of pending entries, which every search would have to read.
    CREATE INDEX account_search_tokens ON account_search USING gin (tokens) WITH (fastupdate = off);
    CREATE INDEX account_search_missing ON account_search (root_id, account_id) WHERE tokens IS NULL;
    ALTER TABLE account_search ENABLE ROW LEVEL SECURITY;

    CREATE FUNCTION index_name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO account_search (root_id, account_id, tokens) VALUES (NEW.root_id, NEW.id, name_tokens(NEW.root_id, NEW.search_key));
      ELSE
        UPDATE account_search SET tokens = name_tokens(NEW.root_id, NEW.search_key) WHERE root_id = NEW.root_id AND account_id = NEW.id;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER index_name AFTER INSERT OR UPDATE OF name_key ON accounts FOR EACH ROW EXECUTE FUNCTION index_name();

    -- An account that comes to another tree is hashed again by a job: together with the change it would take as long as all else of it.
    CREATE FUNCTION forget_tokens() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tokens := NULL; RETURN NEW; END $$;
    CREATE TRIGGER forget_tokens BEFORE UPDATE OF root_id ON account_search FOR EACH ROW
      WHEN (OLD.root_id <> NEW.root_id) EXECUTE FUNCTION forget_tokens();

    -- Indexes some names that are not; whoever else does it takes others. Returns how many.
    CREATE FUNCTION index_names(p_limit int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE n int;
    BEGIN
      WITH missing AS MATERIALIZED (
        SELECT s.root_id, s.account_id FROM account_search s WHERE s.tokens IS NULL LIMIT p_limit FOR UPDATE SKIP LOCKED
      )
      UPDATE account_search s SET tokens = name_tokens(a.root_id, a.search_key) FROM missing m JOIN accounts a ON a.root_id = m.root_id AND a.id = m.account_id
        WHERE s.root_id = m.root_id AND s.account_id = m.account_id;
      GET DIAGNOSTICS n = ROW_COUNT;
      RETURN n;
    END $$;
    REVOKE ALL ON FUNCTION index_name, forget_tokens, index_names FROM PUBLIC;
  `.execute(db);

const searching = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Accounts below one of the acting subtree that a search may find, where they are too many to be read all: in bounded steps, each only
    -- when those before did not find enough. What is answered lies below p_within, whatever is asked for.
    --   p_text, p_words   what was typed, folded, and its words
    --   p_external, p_id  the same as an external id and as an id
    --   p_names           most accounts that are walked; p_candidates: most that an index is asked for; p_enough: no further step from here on
    --   more              not all of them may have been found
    CREATE FUNCTION search_below(
      p_within uuid, p_text text, p_words text[], p_external text, p_id uuid, p_statuses text[],
      p_names int, p_candidates int, p_enough int, OUT ids uuid[], OUT more boolean
    ) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
    DECLARE
      root uuid := acting_root();
      here bytea := (SELECT a.path_key FROM accounts a WHERE a.root_id = root AND a.id = p_within AND a.path_key >= acting_key() AND a.path_key < acting_end());
      beyond bytea := here || '\\xff'::bytea;
      patterns text[] := ARRAY(SELECT '%' || regexp_replace(w, '([\\\\%_])', '\\\\\\1', 'g') || '%' FROM unnest(p_words) w);
      long_words text[] := ARRAY(SELECT w FROM unnest(p_words) w WHERE length(w) >= 3);
      wanted bigint[];
      found uuid[];
      seen int := 0;
    BEGIN
      ids := '{}'; more := false;
      IF here IS NULL THEN RETURN; END IF;
      SELECT coalesce(array_agg(e.id), '{}') INTO ids FROM (
        SELECT a.id, a.path_key FROM accounts a WHERE a.root_id = root AND a.external_id = p_external
        UNION ALL SELECT a.id, a.path_key FROM accounts a WHERE a.root_id = root AND a.id = p_id
      ) e WHERE e.path_key > here AND e.path_key < beyond;

      -- What begins with the text, or with one of its words, is a range of an index.
      SELECT array_agg(DISTINCT n.id) FILTER (WHERE n.path_key > here AND n.path_key < beyond AND n.status = ANY (p_statuses)) INTO found
      FROM (SELECT p_text AS start UNION SELECT unnest(p_words)) w CROSS JOIN LATERAL (
        SELECT a.id, a.search_key, a.path_key, a.status FROM accounts a
        WHERE a.root_id = root AND a.search_key >= w.start AND a.search_key < w.start || U&'\\+10FFFF' ORDER BY a.search_key, a.id LIMIT p_candidates
      ) n WHERE n.search_key LIKE ALL (patterns);
      ids := ids || found;
      more := cardinality(found) >= p_enough;
      IF more THEN RETURN; END IF;

      -- Common words end here: enough of the tree's first names have them, and the list of all that do is never read.
      SELECT array_agg(f.id) INTO found FROM (
        SELECT n.id FROM (SELECT a.id, a.search_key FROM accounts a WHERE a.root_id = root ORDER BY a.search_key, a.id LIMIT p_names) n
        -- A value and not EXISTS: as a join, the planner may begin with the accounts of the range and walk all names for each.
        WHERE n.search_key LIKE ALL (patterns) AND (
          SELECT a.path_key > here AND a.path_key < beyond AND a.status = ANY (p_statuses) FROM accounts a WHERE a.root_id = root AND a.id = n.id)
        LIMIT p_enough
      ) f;
      ids := ids || found;
      more := cardinality(found) >= p_enough;
      IF more THEN RETURN; END IF;

      -- Who has all letters in threes of the words. Words of one or two letters have none: alone, they find what has words that begin so.
      wanted := ARRAY(
        SELECT hashtextextended(t.token, uuid_hash_extended(root, 0)) FROM (
          SELECT substr(w, i, 3) AS token FROM unnest(long_words) w CROSS JOIN LATERAL generate_series(1, length(w) - 2) i
          UNION SELECT ' ' || w FROM unnest(p_words) w WHERE long_words = '{}' AND w <> ''
        ) t);
      IF wanted <> '{}' THEN
        SELECT count(*), array_agg(a.id) FILTER (WHERE a.search_key LIKE ALL (patterns) AND a.path_key > here AND a.path_key < beyond AND a.status = ANY (p_statuses))
        INTO seen, found FROM (
          SELECT s.account_id FROM account_search s WHERE s.tokens @> wanted LIMIT p_candidates
        ) c JOIN accounts a ON a.root_id = root AND a.id = c.account_id;
        ids := ids || found;
      END IF;
      more := long_words = '{}' OR seen >= p_candidates OR EXISTS (SELECT 1 FROM account_search s WHERE s.root_id = root AND s.tokens IS NULL);
      IF NOT more OR cardinality(found) >= p_enough THEN RETURN; END IF;

      -- Too many of the tree have them to be looked at, but here may be few accounts: the first ones.
      SELECT count(*), array_agg(n.id) FILTER (WHERE n.search_key LIKE ALL (patterns) AND n.status = ANY (p_statuses)) INTO seen, found FROM (
        SELECT a.id, a.search_key, a.status FROM accounts a WHERE a.root_id = root AND a.path_key > here AND a.path_key < beyond ORDER BY a.path_key LIMIT p_names
      ) n;
      ids := ids || found;
      more := seen >= p_names;
    END $$;
    REVOKE ALL ON FUNCTION search_below FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION search_below TO tenantree_app;
  `.execute(db);

const sortRows = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Parents whose children are sorted by rows of their own: from 200 live ones on, until fewer than 100 are left.
    -- period: of which the children's minutes are in their rows; NULL: they are in none yet.
    CREATE TABLE sorted_parents (
      root_id uuid NOT NULL, account_id uuid NOT NULL, period timestamptz, PRIMARY KEY (root_id, account_id),
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
    -- Of these trees (NULL: of all) those whose sort rows are behind in a billing period.
    CREATE FUNCTION trees_to_sort(p_roots uuid[], p_period timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT s.root_id FROM sorted_trees s JOIN tree_versions v ON v.root_id = s.root_id
      WHERE (p_roots IS NULL OR s.root_id = ANY (p_roots)) AND (v.version > s.version
        OR EXISTS (SELECT 1 FROM sorted_parents p WHERE p.root_id = s.root_id AND (p.period IS NULL OR p.period < p_period)))
    $$;

    -- Brings the minutes of a tree's sort rows up to what is counted, by what changed since the version that they are of; where that isn't
    -- known any more all are to be read again. One server at a time; no tree change meanwhile, as when usage is counted.
    --   false: it is not the time for it, try again
    CREATE FUNCTION settle_sort(p_root uuid, p_period timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET lock_timeout = '10s' AS $$
    DECLARE settled bigint; present bigint;
    BEGIN
      SELECT version INTO settled FROM sorted_trees WHERE root_id = p_root FOR UPDATE SKIP LOCKED;
      IF NOT FOUND OR NOT pg_try_advisory_xact_lock_shared(hashtextextended(p_root::text, 0)) THEN RETURN false; END IF;
      SELECT version INTO present FROM tree_versions WHERE root_id = p_root;
      IF present = settled THEN RETURN true; END IF;
      -- The log has no hole: as long as it begins at the next version or before, it says all that changed; NULL is more than it lists.
      IF EXISTS (SELECT 1 FROM tree_changes WHERE root_id = p_root AND version <= settled + 1)
        AND NOT EXISTS (SELECT 1 FROM tree_changes WHERE root_id = p_root AND version > settled AND kind <> 'accounts' AND accounts IS NULL)
      THEN
        UPDATE account_sort_minutes s SET minutes = sort_key(t.total)
        FROM (SELECT DISTINCT unnest(accounts) AS id FROM tree_changes
          WHERE root_id = p_root AND version > settled AND version <= present AND kind <> 'accounts') c
        JOIN usage_totals t ON t.account_id = c.id AND t.meter = 'call.seconds' AND t.period = p_period
        WHERE s.root_id = p_root AND s.account_id = c.id AND s.minutes <> sort_key(t.total)
          AND EXISTS (SELECT 1 FROM sorted_parents p WHERE p.root_id = p_root AND p.account_id = s.parent_id AND p.period = p_period);
      ELSE
        UPDATE sorted_parents SET period = NULL WHERE root_id = p_root;
      END IF;
      UPDATE sorted_trees SET version = present WHERE root_id = p_root;
      RETURN true;
    END $$;

    -- Reads the minutes of all children of one parent again, whose rows are of no period or an earlier one.
    --   false: there is no such parent, or somebody else is at it
    CREATE FUNCTION refill_sort(p_root uuid, p_period timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET lock_timeout = '10s' AS $$
    DECLARE parent uuid;
    BEGIN
      PERFORM 1 FROM sorted_trees WHERE root_id = p_root FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN RETURN false; END IF;
      SELECT account_id INTO parent FROM sorted_parents WHERE root_id = p_root AND (period IS NULL OR period < p_period) LIMIT 1 FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN RETURN false; END IF;
      UPDATE account_sort_minutes s SET minutes = sort_key(n.total)
      FROM (SELECT m.account_id, t.total FROM account_sort_minutes m
        LEFT JOIN usage_totals t ON t.account_id = m.account_id AND t.meter = 'call.seconds' AND t.period = p_period
        WHERE m.root_id = p_root AND m.parent_id = parent) n
      WHERE s.root_id = p_root AND s.account_id = n.account_id AND s.minutes <> sort_key(n.total);
      UPDATE sorted_parents SET period = p_period WHERE root_id = p_root AND account_id = parent;
      RETURN true;
    END $$;
    REVOKE ALL ON FUNCTION trees_to_sort, settle_sort, refill_sort FROM PUBLIC;
  `.execute(db);

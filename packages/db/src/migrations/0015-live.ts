import { type Kysely, sql } from 'kysely';

/**
 * Every change of a tree notes what it changed, in its own transaction, so that whoever was away reads that and not the tree
 * (docs/decisions/0012-live-watches-what-is-shown.md). The notes are kept for minutes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Changes of accounts are few among counts of usage, and are read without these.
    CREATE INDEX tree_changes_of_accounts ON tree_changes (root_id, version) WHERE kind <> 'usage';
    CREATE INDEX tree_changes_time ON tree_changes (at);

    -- What a note holds. More accounts than these are not worth their room: none says that whoever was away reads anew.
    ALTER TABLE tree_changes ALTER accounts DROP NOT NULL;
    CREATE FUNCTION noted_accounts(p_accounts uuid[]) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
      AS $$ SELECT CASE WHEN cardinality(p_accounts) <= 1000 THEN p_accounts END $$;

    -- Forgets what was noted longer ago than that, always from the beginning of a tree's notes: what is kept has no hole. Where an account
    -- left from is of use only with the notes of its time. Servers that come together leave it to one of them.
    CREATE FUNCTION forget_tree_changes(p_kept interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF NOT pg_try_advisory_xact_lock(hashtextextended('forget_tree_changes', 0)) THEN RETURN; END IF;
      DELETE FROM tree_changes c
        USING (SELECT root_id, max(version) AS version FROM tree_changes WHERE at <= clock_timestamp() - p_kept GROUP BY root_id) old
        WHERE c.root_id = old.root_id AND c.version <= old.version;
      DELETE FROM departures d
        WHERE NOT EXISTS (SELECT 1 FROM tree_changes c WHERE c.root_id = d.root_id AND c.version <= d.version);
    END $$;
    REVOKE ALL ON FUNCTION forget_tree_changes FROM PUBLIC;

    -- Counts what is uncounted: into the account and the ancestors of its time. Answers with lists like those of record_usage.
    -- The working memory keeps the sums of a whole tree from being written to disk on their way.
    --   p_shown    how much of the meter is one unit of what viewers are shown
    --   p_only     the one tree to count; null: all of them
    --   p_without  trees to leave alone
    --   changes    'account own total' of every account whose totals of the current period changed
    --   parents    'account parent' of accounts on the present path of an event
    --   versions   'root version' of the trees
    CREATE OR REPLACE FUNCTION count_usage(
      p_meter text, p_now timestamptz, p_shown numeric, p_only uuid, p_without uuid[],
      OUT changes text, OUT parents text, OUT versions text
    ) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
    #variable_conflict use_column
    DECLARE
      this_period timestamptz := date_trunc('month', p_now, 'UTC');
      roots uuid[];
    BEGIN
      -- One count at a time in all servers: whoever waits here finds what the other left. Then the trees, so that none is moved meanwhile;
      -- not for long, since all others wait, too.
      PERFORM pg_advisory_xact_lock(hashtextextended('count_usage', 0));
      roots := ARRAY(SELECT DISTINCT root_id FROM uncounted_usage
        WHERE meter = p_meter AND (p_only IS NULL OR root_id = p_only) AND root_id <> ALL (p_without) ORDER BY root_id);
      PERFORM set_config('lock_timeout', '2s', true);
      PERFORM pg_advisory_xact_lock_shared(hashtextextended(r.root_id::text, 0)) FROM unnest(roots) r(root_id);

      -- Totals are written deepest account first, root last, behind the lock on the tree's version. A parent is the present one, where
      -- the account has usage of its present place.
      WITH taken AS (
        DELETE FROM uncounted_usage WHERE meter = p_meter AND root_id = ANY (roots) RETURNING *
      ), sums AS (
        SELECT p.account_id, p.period, p.path, p.moved, sum(p.quantity) AS quantity, count(*) AS events
        FROM taken t CROSS JOIN LATERAL placed_usage(t.accounts, t.quantities, t.occurred_at) p
        GROUP BY p.account_id, p.period, p.path, p.moved
      ), steps AS (
        SELECT s.*, unnest(s.path) AS id, generate_subscripts(s.path, 1) AS level FROM sums s
      ), chain AS MATERIALIZED (
        SELECT s.id AS account_id, any_value(s.path[1]) AS root_id, any_value(s.path[s.level - 1]) FILTER (WHERE NOT s.moved) AS parent_id,
          max(s.level) AS level, s.period,
          coalesce(sum(s.quantity) FILTER (WHERE s.id = s.account_id), 0) AS own, sum(s.quantity) AS total,
          coalesce(sum(s.events) FILTER (WHERE s.id = s.account_id), 0) AS own_events, sum(s.events) AS total_events
        FROM steps s GROUP BY s.id, s.period
      ), locked AS (
        SELECT t.root_id FROM tree_versions t WHERE t.root_id IN (SELECT root_id FROM chain) ORDER BY t.root_id FOR UPDATE
      ), bumped AS (
        UPDATE tree_versions t SET version = t.version + 1 FROM locked l WHERE t.root_id = l.root_id RETURNING t.root_id, t.version
      ), totals AS (
        INSERT INTO usage_totals AS t (account_id, meter, period, own, total, own_events, total_events, version)
        SELECT c.account_id, p_meter, c.period, c.own, c.total, c.own_events, c.total_events, b.version
        FROM chain c JOIN bumped b ON b.root_id = c.root_id
        ORDER BY c.level DESC, c.account_id, c.period
        ON CONFLICT (account_id, meter, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total,
          own_events = t.own_events + excluded.own_events, total_events = t.total_events + excluded.total_events, version = excluded.version
        RETURNING t.account_id, t.period, t.own, t.total
      ), noted AS (
        INSERT INTO tree_changes (root_id, version, kind, accounts, at)
        SELECT b.root_id, b.version, 'usage', noted_accounts(array_agg(DISTINCT c.account_id)), clock_timestamp()
        FROM bumped b JOIN chain c ON c.root_id = b.root_id GROUP BY b.root_id, b.version
      )
      SELECT
        (SELECT string_agg(concat_ws(' ', t.account_id, trim_scale(round(t.own / p_shown, 9)), trim_scale(round(t.total / p_shown, 9))), ',')
          FROM totals t WHERE t.period = this_period),
        (SELECT string_agg(concat_ws(' ', c.account_id, c.parent_id), ',') FROM chain c WHERE c.parent_id IS NOT NULL),
        (SELECT string_agg(concat_ws(' ', b.root_id, b.version), ',') FROM bumped b)
      INTO changes, parents, versions;
    END $$;
  `.execute(db);
}

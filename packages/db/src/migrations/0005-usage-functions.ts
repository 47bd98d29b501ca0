import { type Kysely, sql } from 'kysely';

/**
 * The four functions of usage: how it is recorded, counted and read while it is not counted yet (0004-uncounted-usage.ts says why).
 * They replace those of a database that has been at 0004.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DROP FUNCTION IF EXISTS record_usage, count_usage, uncounted_totals, placed_usage;

    -- Rows are read once, milliseconds later: compressing them cost more than writing them.
    ALTER TABLE uncounted_usage
      ALTER accounts SET STORAGE EXTERNAL, ALTER quantities SET STORAGE EXTERNAL, ALTER occurred_at SET STORAGE EXTERNAL;

    -- One call per flush. Lists travel as text with control characters between the parts, which neither keys nor JSON can contain:
    -- measured, that halves the cost of a call against arrays of text and a row per event.
    --   p_again  indices of the events whose account and key stand earlier in the batch, too
    --   repeats  'index:duplicate' or 'index:conflict' of the events that were not recorded, comma separated; all others were
    CREATE FUNCTION record_usage(
      p_meter text, p_kind text, p_reason text, p_now timestamptz,
      p_roots uuid[], p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text, p_again int[],
      OUT repeats text
    ) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      keys text[] := string_to_array(p_keys, E'\\x1f');
      attributes text[] := string_to_array(p_attributes, E'\\x1f');
      new_accounts uuid[];
      new_keys text[];
      new_quantities numeric[];
      new_occurred timestamptz[];
    BEGIN
      -- Keys are sorted inside the batch: unsorted batches that share keys deadlock (measured: 42 times slower).
      WITH ins AS (
        INSERT INTO usage_events (account_id, key, meter, quantity, occurred_at, recorded_at, attributes, kind, reason)
        SELECT u.account_id, u.key, p_meter, u.quantity, u.occurred_at, p_now, u.attributes::jsonb, p_kind, p_reason
        FROM unnest(p_accounts, keys, p_quantities, p_occurred, attributes) WITH ORDINALITY AS u(account_id, key, quantity, occurred_at, attributes, i)
        ORDER BY u.account_id, u.key, u.i
        ON CONFLICT DO NOTHING
        RETURNING account_id, key, quantity, occurred_at
      )
      SELECT array_agg(n.account_id), array_agg(n.key), array_agg(n.quantity), array_agg(n.occurred_at)
      INTO new_accounts, new_keys, new_quantities, new_occurred FROM ins n;

      -- What was not inserted is known already, or stands in this batch twice. LATERAL ... LIMIT 1 is a look-up by index whatever the
      -- planner thinks of the tables' sizes: a connection keeps the plan that it made when they were nearly empty, and a scan of all
      -- events for every flush cost more than the flush.
      IF coalesce(cardinality(new_accounts), 0) < cardinality(p_accounts) THEN
        SELECT string_agg(u.i || CASE WHEN (s.e).meter = p_meter AND (s.e).quantity = u.quantity AND (s.e).occurred_at = u.occurred_at
            AND (s.e).attributes = u.attributes::jsonb AND (s.e).kind = p_kind AND (s.e).reason IS NOT DISTINCT FROM p_reason
          THEN ':duplicate' ELSE ':conflict' END, ',') INTO repeats
        FROM unnest(p_accounts, keys, p_quantities, p_occurred, attributes) WITH ORDINALITY AS u(account_id, key, quantity, occurred_at, attributes, i)
        CROSS JOIN LATERAL (SELECT e FROM usage_events e WHERE e.account_id = u.account_id AND e.key = u.key LIMIT 1) s
        WHERE (u.account_id, u.key) NOT IN (SELECT n.account_id, n.key FROM unnest(new_accounts, new_keys) n(account_id, key))
          OR u.i IN (SELECT unnest(p_again));
      END IF;

      IF new_accounts IS NOT NULL THEN
        INSERT INTO uncounted_usage (root_ids, meter, accounts, quantities, occurred_at)
        VALUES (p_roots, p_meter, new_accounts, new_quantities, new_occurred);
      END IF;
    END $$;

    -- Where events belong: their billing period and the path that the account had when they happened; moved when that was another than now.
    CREATE FUNCTION placed_usage(p_accounts uuid[], p_quantities numeric[], p_occurred timestamptz[])
    RETURNS TABLE (account_id uuid, quantity numeric, period timestamptz, path uuid[], moved boolean) LANGUAGE sql STABLE AS $$
      SELECT n.account_id, n.quantity, date_trunc('month', n.occurred_at, 'UTC'), coalesce(past.path, a.path), past.path IS NOT NULL
      FROM unnest(p_accounts, p_quantities, p_occurred) n(account_id, quantity, occurred_at)
      CROSS JOIN LATERAL (SELECT path, placed_at FROM public.accounts WHERE id = n.account_id LIMIT 1) a
      CROSS JOIN LATERAL (SELECT CASE WHEN n.occurred_at < a.placed_at THEN public.past_path(n.account_id, n.occurred_at) END AS path) past
    $$;

    -- Counts all that is uncounted: into the account and the ancestors of its time. Answers with lists like those of record_usage.
    -- The working memory keeps the sums of a whole tree from being written to disk on their way.
    --   changes   'account own total' of every account whose totals of the current period changed
    --   parents   'account parent' of accounts on the present path of an event
    --   versions  'root version' of the trees
    CREATE FUNCTION count_usage(p_meter text, p_now timestamptz, OUT changes text, OUT parents text, OUT versions text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
    #variable_conflict use_column
    DECLARE
      this_period timestamptz := date_trunc('month', p_now, 'UTC');
      roots uuid[];
    BEGIN
      -- One count at a time in all servers: whoever waits here finds what the other left. Then the trees, so that none is moved meanwhile.
      PERFORM pg_advisory_xact_lock(hashtextextended('count_usage', 0));
      roots := ARRAY(SELECT DISTINCT unnest(root_ids) AS root_id FROM uncounted_usage WHERE meter = p_meter ORDER BY root_id);
      PERFORM pg_advisory_xact_lock_shared(hashtextextended(r.root_id::text, 0)) FROM unnest(roots) r(root_id);

      -- Totals are written deepest account first, root last, behind the lock on the tree's version. A parent is the present one, where
      -- the account has usage of its present place.
      WITH taken AS (
        DELETE FROM uncounted_usage WHERE meter = p_meter AND root_ids <@ roots RETURNING *
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
      )
      SELECT
        (SELECT string_agg(concat_ws(' ', t.account_id, trim_scale(t.own), trim_scale(t.total)), ',') FROM totals t WHERE t.period = this_period),
        (SELECT string_agg(concat_ws(' ', c.account_id, c.parent_id), ',') FROM chain c WHERE c.parent_id IS NOT NULL),
        (SELECT string_agg(concat_ws(' ', b.root_id, b.version), ',') FROM bumped b)
      INTO changes, parents, versions;
    END $$;

    -- What is still to be added to the totals of a period, by account: [own, total, own events, total events]. NULL when there is nothing,
    -- as mostly, and then it costs next to nothing. One value and no rows, so that a page looks up its accounts, whatever the planner thinks.
    -- Only for the accounts that stood between p_from and p_to levels below p_top.
    CREATE FUNCTION uncounted_totals(p_meter text, p_period timestamptz, p_top uuid, p_from int, p_to int) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE acting uuid; root uuid;
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM uncounted_usage) THEN RETURN NULL; END IF;
      SELECT a.id, a.root_id INTO acting, root FROM accounts a WHERE a.id = acting_account();
      RETURN (
        SELECT jsonb_object_agg(x.id, x.sums) FROM (
          SELECT s.id, jsonb_build_array(coalesce(sum(s.quantity) FILTER (WHERE s.id = s.account_id), 0), sum(s.quantity),
            count(*) FILTER (WHERE s.id = s.account_id), count(*)) AS sums
          FROM (
            SELECT p.account_id, p.quantity, unnest(p.path[l.top + p_from : l.top + p_to]) AS id
            FROM uncounted_usage w
            CROSS JOIN LATERAL placed_usage(w.accounts, w.quantities, w.occurred_at) p
            CROSS JOIN LATERAL (SELECT array_position(p.path, acting) AS acting, array_position(p.path, p_top) AS top) l
            WHERE w.meter = p_meter AND root = ANY (w.root_ids) AND p.period = p_period AND l.acting <= l.top
          ) s GROUP BY s.id
        ) x
      );
    END $$;

    REVOKE ALL ON FUNCTION record_usage, placed_usage, count_usage, uncounted_totals FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION record_usage, count_usage, uncounted_totals TO tenantree_app;
  `.execute(db);
}

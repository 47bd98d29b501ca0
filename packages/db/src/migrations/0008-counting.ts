import { type Kysely, sql } from 'kysely';

/**
 * Usage that counts whatever happens: to another tree, to its account, or to the clock.
 *
 * What is uncounted is kept by tree, so that a tree whose count fails holds up no other. A move places again what was counted already of
 * the time after it, and an erased account leaves behind where it stood: the sums of those above need no more of it (rules/usage 12).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await uncountedByTree(db);
  await placements(db);
  await recordingAndCounting(db);
  await chain(db);
}

const uncountedByTree = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Minutes are counted in seconds: those hold both units exactly. All that was recorded so far were minutes. Totals are wide enough
    -- for 10^9 events of 10^9 minutes, and for whatever was accepted when an event had no bound (rules/usage 4).
    ALTER TABLE usage_events ALTER meter TYPE text USING 'call.seconds', ALTER quantity TYPE numeric(38, 9) USING quantity * 60;
    ALTER TABLE usage_totals ALTER meter TYPE text USING 'call.seconds',
      ALTER own TYPE numeric(38, 9) USING own * 60, ALTER total TYPE numeric(38, 9) USING total * 60;

    -- What a flush recorded in one tree and nobody has counted yet. Rows live for milliseconds, are read once, and are not worth compressing.
    ALTER TABLE uncounted_usage RENAME TO uncounted_of_trees;
    CREATE TABLE uncounted_usage (
      root_id uuid NOT NULL, meter text NOT NULL, accounts uuid[] NOT NULL, quantities numeric[] NOT NULL, occurred_at timestamptz[] NOT NULL,
      recorded_at timestamptz NOT NULL
    );
    ALTER TABLE uncounted_usage
      ALTER accounts SET STORAGE EXTERNAL, ALTER quantities SET STORAGE EXTERNAL, ALTER occurred_at SET STORAGE EXTERNAL;
    INSERT INTO uncounted_usage (root_id, meter, accounts, quantities, occurred_at, recorded_at)
      SELECT a.root_id, 'call.seconds', array_agg(n.account_id ORDER BY n.i), array_agg(n.quantity * 60 ORDER BY n.i), array_agg(n.occurred_at ORDER BY n.i), now()
      FROM uncounted_of_trees w
      CROSS JOIN LATERAL unnest(w.accounts, w.quantities, w.occurred_at) WITH ORDINALITY n(account_id, quantity, occurred_at, i)
      JOIN accounts a ON a.id = n.account_id GROUP BY w.ctid, a.root_id;
    DROP TABLE uncounted_of_trees;
    ALTER TABLE uncounted_usage ENABLE ROW LEVEL SECURITY;
    GRANT MAINTAIN ON uncounted_usage TO tenantree_app;

    -- The trees that have uncounted usage, and since when.
    CREATE FUNCTION uncounted_trees() RETURNS TABLE (root_id uuid, since timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT u.root_id, min(u.recorded_at) FROM uncounted_usage u GROUP BY u.root_id ORDER BY 2
    $$;
    REVOKE ALL ON FUNCTION uncounted_trees FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION uncounted_trees TO tenantree_app;

    -- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it.
    CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_id = a.id)
        AND NOT EXISTS (SELECT 1 FROM uncounted_usage u WHERE u.root_id = a.root_id)
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;
  `.execute(db);

const placements = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Ranges of blocks that nobody summarised are read whole, and without this only a vacuum does it.
    ALTER INDEX usage_events_time SET (autosummarize = on);

    -- Moves a subtree: remembers where its accounts stood until now and rewrites their paths, deepest first. Usage up to five minutes ahead of
    -- the clock may be counted already: what happens after the move belongs to the new place, so it is taken from the old ancestors and given
    -- to the new ones. A clock that went back moves nothing into the time before an earlier move.
    CREATE OR REPLACE FUNCTION move_subtree(p_account uuid, p_parent uuid, p_version bigint, p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := (SELECT x FROM accounts x WHERE x.id = p_account);
            target accounts := (SELECT x FROM accounts x WHERE x.id = p_parent);
            above uuid[] := a.path[:a.depth];
            moved_at timestamptz := greatest(p_now, (SELECT max(placed_at) FROM accounts WHERE path @> ARRAY[p_account]));
    BEGIN
      PERFORM graft_totals(p_account, a.parent_id, p_version, -1);
      INSERT INTO departures (root_id, version, account_id, path) VALUES (a.root_id, p_version, a.id, a.path);

      -- Counted is what is recorded and not waiting; both are read by one statement. The block range index finds these minutes: 3 ms with
      -- a million events in the subtree, 300 ms before it was kept up to date.
      WITH subtree AS MATERIALIZED (
        SELECT id FROM accounts WHERE path @> ARRAY[p_account]
      ), later AS (
        SELECT e.meter, date_trunc('month', e.occurred_at, 'UTC') AS period, e.quantity, 1 AS events
        FROM usage_events e WHERE e.occurred_at >= moved_at AND e.account_id IN (SELECT id FROM subtree)
        UNION ALL
        SELECT w.meter, date_trunc('month', n.occurred_at, 'UTC'), -n.quantity, -1
        FROM uncounted_usage w CROSS JOIN LATERAL unnest(w.accounts, w.quantities, w.occurred_at) n(account_id, quantity, occurred_at)
        WHERE w.root_id = a.root_id AND n.occurred_at >= moved_at AND n.account_id IN (SELECT id FROM subtree)
      ), counted AS (
        SELECT meter, period, sum(quantity) AS quantity, sum(events) AS events FROM later GROUP BY meter, period HAVING sum(events) > 0
      ), ancestors AS (
        SELECT o.id, o.level, -1 AS sign FROM unnest(above) WITH ORDINALITY o(id, level) WHERE o.id <> ALL (target.path)
        UNION ALL SELECT n.id, n.level, 1 FROM unnest(target.path) WITH ORDINALITY n(id, level) WHERE n.id <> ALL (above)
      )
      INSERT INTO usage_totals AS t (account_id, meter, period, own, total, own_events, total_events, version)
      SELECT x.id, c.meter, c.period, 0, x.sign * c.quantity, 0, x.sign * c.events, p_version FROM counted c CROSS JOIN ancestors x
      ORDER BY x.level DESC, x.id, c.meter, c.period
      ON CONFLICT (account_id, meter, period) DO UPDATE SET total = t.total + excluded.total, total_events = t.total_events + excluded.total_events,
        version = excluded.version;

      INSERT INTO past_placements (account_id, valid_to, path, payer_id)
        SELECT id, moved_at, path, payer_id FROM accounts WHERE path @> ARRAY[p_account]
        ON CONFLICT DO NOTHING;
      UPDATE accounts SET
        path = target.path || path[a.depth + 1:],
        depth = depth - a.depth + target.depth + 1,
        parent_id = CASE WHEN id = p_account THEN p_parent ELSE parent_id END,
        payer_id = CASE WHEN payer_id = ANY (above) THEN target.payer_id ELSE payer_id END,
        placed_at = moved_at,
        version = CASE WHEN id = p_account THEN p_version ELSE version END
      WHERE path @> ARRAY[p_account];
      PERFORM graft_totals(p_account, p_parent, p_version, 1);
      -- To those who watch the new place, the minutes of the subtree are news.
      UPDATE usage_totals SET version = p_version
        WHERE account_id IN (SELECT id FROM accounts WHERE path @> ARRAY[p_account]) AND period = date_trunc('month', p_now, 'UTC');
    END $$;

    -- Erases an account whose retention is over (rules/accounts 18): its data goes, what sums, invoices and the audit log need stays. Where it
    -- stood at last is its last placement, and ends never.
    CREATE OR REPLACE FUNCTION erase_account(p_account uuid, p_version bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := (SELECT x FROM accounts x WHERE x.id = p_account);
    BEGIN
      DELETE FROM embed_tokens WHERE account_id = p_account;
      DELETE FROM api_keys WHERE account_id = p_account;
      DELETE FROM invitations WHERE account_id = p_account;
      DELETE FROM members WHERE account_id = p_account;
      DELETE FROM agents WHERE account_id = p_account;
      UPDATE usage_events SET attributes = '{}' WHERE account_id = p_account AND attributes <> '{}';
      INSERT INTO past_placements (account_id, valid_to, path, payer_id) VALUES (a.id, 'infinity', a.path, a.payer_id);
      INSERT INTO departures (root_id, version, account_id, path) VALUES (a.root_id, p_version, a.id, a.path);
      DELETE FROM accounts WHERE id = p_account;
    END $$;
    -- Of accounts that are erased already the departure tells where they stood, and their main account paid.
    INSERT INTO past_placements (account_id, valid_to, path, payer_id)
      SELECT DISTINCT ON (d.account_id) d.account_id, 'infinity', d.path, d.root_id FROM departures d
      WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = d.account_id) ORDER BY d.account_id, d.version DESC;

    -- Usage over time of everything that was at or below an account at the time (rules/usage 12), accounts that left since or are erased
    -- included: those are out of the reader's sight, so the sum is made here. Only for the acting account's own subtree.
    CREATE OR REPLACE FUNCTION usage_series(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_bucket text)
    RETURNS TABLE (start timestamptz, quantity numeric) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT date_trunc(p_bucket, e.occurred_at, 'UTC'), sum(e.quantity)
      FROM (
        SELECT id FROM accounts WHERE path @> ARRAY[p_account] UNION SELECT account_id FROM past_placements WHERE path @> ARRAY[p_account]
      ) c LEFT JOIN accounts a ON a.id = c.id JOIN usage_events e ON e.account_id = c.id
      WHERE e.meter = p_meter AND e.occurred_at >= p_from AND e.occurred_at < p_to
        AND p_account = ANY (CASE WHEN e.occurred_at >= a.placed_at THEN a.path ELSE past_path(c.id, e.occurred_at) END)
        AND EXISTS (SELECT 1 FROM accounts r WHERE r.id = p_account AND acting_account() = ANY (r.path))
      GROUP BY 1 ORDER BY 1
    $$;
  `.execute(db);

const recordingAndCounting = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DROP FUNCTION record_usage, count_usage, uncounted_totals, placed_usage;

    -- One call per flush. Lists travel as text with control characters between the parts, which neither keys nor JSON can contain:
    -- measured, that halves the cost of a call against arrays of text and a row per event.
    --   p_roots  main accounts of all trees that the events are of
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

      IF new_accounts IS NULL THEN
        RETURN;
      ELSIF cardinality(p_roots) = 1 THEN
        INSERT INTO uncounted_usage (root_id, meter, accounts, quantities, occurred_at, recorded_at)
        VALUES (p_roots[1], p_meter, new_accounts, new_quantities, new_occurred, p_now);
      ELSE
        INSERT INTO uncounted_usage (root_id, meter, accounts, quantities, occurred_at, recorded_at)
        SELECT coalesce(a.root_id, (past_path(n.account_id, n.occurred_at))[1]), p_meter,
          array_agg(n.account_id), array_agg(n.quantity), array_agg(n.occurred_at), p_now
        FROM unnest(new_accounts, new_quantities, new_occurred) n(account_id, quantity, occurred_at)
        LEFT JOIN LATERAL (SELECT root_id FROM accounts WHERE id = n.account_id LIMIT 1) a ON true
        GROUP BY 1;
      END IF;
    END $$;

    -- Where events belong: their billing period and the path that the account had when they happened; moved when that was another than now.
    CREATE FUNCTION placed_usage(p_accounts uuid[], p_quantities numeric[], p_occurred timestamptz[])
    RETURNS TABLE (account_id uuid, quantity numeric, period timestamptz, path uuid[], moved boolean) LANGUAGE sql STABLE AS $$
      SELECT n.account_id, n.quantity, date_trunc('month', n.occurred_at, 'UTC'), coalesce(past.path, a.path), past.path IS NOT NULL
      FROM unnest(p_accounts, p_quantities, p_occurred) n(account_id, quantity, occurred_at)
      LEFT JOIN LATERAL (SELECT path, placed_at FROM public.accounts WHERE id = n.account_id LIMIT 1) a ON true
      CROSS JOIN LATERAL (
        SELECT CASE WHEN a.path IS NULL OR n.occurred_at < a.placed_at THEN public.past_path(n.account_id, n.occurred_at) END AS path
      ) past
    $$;

    -- Counts what is uncounted: into the account and the ancestors of its time. Answers with lists like those of record_usage.
    -- The working memory keeps the sums of a whole tree from being written to disk on their way.
    --   p_shown    how much of the meter is one unit of what viewers are shown
    --   p_only     the one tree to count; null: all of them
    --   p_without  trees to leave alone
    --   changes    'account own total' of every account whose totals of the current period changed
    --   parents    'account parent' of accounts on the present path of an event
    --   versions   'root version' of the trees
    CREATE FUNCTION count_usage(
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
      )
      SELECT
        (SELECT string_agg(concat_ws(' ', t.account_id, trim_scale(round(t.own / p_shown, 9)), trim_scale(round(t.total / p_shown, 9))), ',')
          FROM totals t WHERE t.period = this_period),
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
            WHERE w.meter = p_meter AND w.root_id = root AND p.period = p_period AND l.acting <= l.top
          ) s GROUP BY s.id
        ) x
      );
    END $$;

    REVOKE ALL ON FUNCTION record_usage, placed_usage, count_usage, uncounted_totals FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION record_usage, count_usage, uncounted_totals TO tenantree_app;
  `.execute(db);

const chain = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Since when a suspension holds, which did not say so itself: usage from before is taken while it lasts (rules/accounts 15). Nothing of what
    -- happened during those that hold now is lost to those who still have it.
    ALTER TABLE accounts ADD COLUMN suspended_at timestamptz;
    UPDATE accounts SET suspended_at = now() WHERE suspension_kind IS NOT NULL;

    -- The chain tells that, and who pays: what lowers a bill is decided by that (rules/permissions 12).
    DROP FUNCTION account_chain;
    CREATE FUNCTION account_chain(p_account uuid) RETURNS TABLE (
      id uuid, root_id uuid, parent_id uuid, name text, depth smallint, status text,
      suspension_kind text, suspended_from timestamptz, suspended_until timestamptz,
      suspended_at timestamptz, payer_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT c.id, c.root_id, c.parent_id, c.name, c.depth, c.status, c.suspension_kind, c.suspended_from, c.suspended_until,
        c.suspended_at, c.payer_id
      FROM accounts a JOIN accounts c ON c.id = ANY (a.path) WHERE a.id = p_account ORDER BY c.depth
    $$;
    REVOKE ALL ON FUNCTION account_chain FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION account_chain TO tenantree_app;
  `.execute(db);

import { type Kysely, sql } from 'kysely';

/**
 * Usage is recorded first and counted right after (docs/decisions/0004-usage-is-counted-after-it-is-recorded.md).
 *
 * `record_usage` is the one way in: it stores events and, in the same transaction, what they add to the totals, as one row of
 * `uncounted_usage`. `count_usage` adds all such rows to the totals of accounts and their ancestors. Whoever reads totals adds
 * `uncounted_totals`, so that they are exact at the commit of every event (product.md 5.2).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Until now this function counted as well.
    DROP FUNCTION IF EXISTS record_usage;

    -- What a flush recorded in some trees and nobody has counted yet. Rows live for milliseconds.
    CREATE TABLE uncounted_usage (
      root_ids uuid[] NOT NULL, meter text NOT NULL, accounts uuid[] NOT NULL, quantities numeric[] NOT NULL, occurred_at timestamptz[] NOT NULL
    );
    ALTER TABLE uncounted_usage ENABLE ROW LEVEL SECURITY;

    -- One call per flush. Lists travel as text with control characters between the parts, which neither keys nor JSON can contain:
    -- measured, that halves the cost of a call against arrays of text and a row per event.
    --   repeats  'index:duplicate' or 'index:conflict' of the events that were not recorded, comma separated; all others were
    CREATE FUNCTION record_usage(
      p_meter text, p_kind text, p_reason text, p_now timestamptz,
      p_roots uuid[], p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text,
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
        SELECT string_agg(u.i || CASE WHEN (s.e).meter = p_meter AND (s.e).quantity = p_quantities[u.i] AND (s.e).occurred_at = p_occurred[u.i]
            AND (s.e).attributes = attributes[u.i]::jsonb AND (s.e).kind = p_kind AND (s.e).reason IS NOT DISTINCT FROM p_reason
          THEN ':duplicate' ELSE ':conflict' END, ',') INTO repeats
        FROM unnest(p_accounts, keys) WITH ORDINALITY AS u(account_id, key, i)
        CROSS JOIN LATERAL (SELECT e FROM usage_events e WHERE e.account_id = u.account_id AND e.key = u.key LIMIT 1) s
        WHERE (u.account_id, u.key) NOT IN (SELECT n.account_id, n.key FROM unnest(new_accounts, new_keys) n(account_id, key))
          OR u.i NOT IN (SELECT min(f.i) FROM unnest(p_accounts, keys) WITH ORDINALITY AS f(account_id, key, i) GROUP BY f.account_id, f.key);
      END IF;

      IF new_accounts IS NOT NULL THEN
        INSERT INTO uncounted_usage (root_ids, meter, accounts, quantities, occurred_at)
        VALUES (p_roots, p_meter, new_accounts, new_quantities, new_occurred);
      END IF;
    END $$;

    -- Adds events up by account, billing period and the path that the account had when they happened. Looks each account up once.
    CREATE FUNCTION placed_usage(p_accounts uuid[], p_quantities numeric[], p_occurred timestamptz[])
    RETURNS TABLE (account_id uuid, root_id uuid, path_now uuid[], path_then uuid[], period timestamptz, quantity numeric, events bigint)
    LANGUAGE sql STABLE AS $$
      WITH arrived AS MATERIALIZED (
        SELECT * FROM unnest(p_accounts, p_quantities, p_occurred) u(account_id, quantity, occurred_at)
      ), places AS MATERIALIZED (
        SELECT a.* FROM (SELECT DISTINCT account_id FROM arrived) d
        CROSS JOIN LATERAL (SELECT id, root_id, path, placed_at FROM public.accounts WHERE id = d.account_id LIMIT 1) a
      )
      SELECT p.id, p.root_id, p.path, coalesce(past.path, p.path), date_trunc('month', n.occurred_at, 'UTC'), sum(n.quantity), count(*)
      FROM arrived n JOIN places p ON p.id = n.account_id
      CROSS JOIN LATERAL (SELECT CASE WHEN n.occurred_at < p.placed_at THEN public.past_path(p.id, n.occurred_at) END AS path) past
      GROUP BY p.id, p.root_id, p.path, past.path, date_trunc('month', n.occurred_at, 'UTC')
    $$;

    -- Counts all that is uncounted: into the account and the ancestors of its time. Answers with lists like those of record_usage.
    --   changes   'account own total' of every account whose totals of the current period changed
    --   paths     'root ... account' of the accounts that had events
    --   versions  'root version' of the trees
    CREATE FUNCTION count_usage(p_meter text, p_now timestamptz, OUT changes text, OUT paths text, OUT versions text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      this_period timestamptz := date_trunc('month', p_now, 'UTC');
      roots uuid[];
      new_accounts uuid[];
      new_quantities numeric[];
      new_occurred timestamptz[];
    BEGIN
      -- One count at a time in all servers: whoever waits here finds what the other left. Then the trees, so that none is moved meanwhile.
      PERFORM pg_advisory_xact_lock(hashtextextended('count_usage', 0));
      roots := ARRAY(SELECT DISTINCT unnest(root_ids) AS root_id FROM uncounted_usage WHERE meter = p_meter ORDER BY root_id);
      PERFORM pg_advisory_xact_lock_shared(hashtextextended(r.root_id::text, 0)) FROM unnest(roots) r(root_id);

      WITH taken AS (DELETE FROM uncounted_usage WHERE meter = p_meter AND root_ids <@ roots RETURNING *)
      SELECT array_agg(u.account_id), array_agg(u.quantity), array_agg(u.occurred_at) INTO new_accounts, new_quantities, new_occurred
      FROM taken t, unnest(t.accounts, t.quantities, t.occurred_at) u(account_id, quantity, occurred_at);
      IF new_accounts IS NULL THEN RETURN; END IF;

      -- Totals are written deepest account first, root last, behind the lock on the tree's version.
      WITH placed AS MATERIALIZED (
        SELECT * FROM placed_usage(new_accounts, new_quantities, new_occurred)
      ), steps AS (
        SELECT p.*, unnest(p.path_then) AS id, generate_subscripts(p.path_then, 1) AS level FROM placed p
      ), chain AS MATERIALIZED (
        SELECT s.id AS account_id, any_value(s.root_id) AS root_id, max(s.level) AS level, s.period,
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
        (SELECT string_agg(array_to_string(p.path_now, ' '), ',') FROM placed p),
        (SELECT string_agg(concat_ws(' ', b.root_id, b.version), ',') FROM bumped b)
      INTO changes, paths, versions;
    END $$;

    -- What is still to be added to the totals of a period, for the accounts that the acting account sees; mostly nothing, and then it costs
    -- next to nothing. ROWS 1: or else the planner reads all children of an account for a page of fifty, to join them by hash.
    CREATE FUNCTION uncounted_totals(p_meter text, p_period timestamptz)
    RETURNS TABLE (account_id uuid, own numeric, total numeric, own_events bigint, total_events bigint) ROWS 1
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      acting uuid;
      accounts uuid[];
      quantities numeric[];
      occurred timestamptz[];
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM uncounted_usage) THEN RETURN; END IF;
      acting := acting_account();
      SELECT array_agg(u.account_id), array_agg(u.quantity), array_agg(u.occurred_at) INTO accounts, quantities, occurred
      FROM uncounted_usage w, unnest(w.accounts, w.quantities, w.occurred_at) u(account_id, quantity, occurred_at)
      WHERE w.meter = p_meter AND (SELECT a.root_id FROM accounts a WHERE a.id = acting) = ANY (w.root_ids);
      IF accounts IS NULL THEN RETURN; END IF;
      RETURN QUERY
        SELECT s.id, coalesce(sum(s.quantity) FILTER (WHERE s.id = s.account_id), 0), sum(s.quantity),
          coalesce(sum(s.events) FILTER (WHERE s.id = s.account_id), 0)::bigint, sum(s.events)::bigint
        FROM (
          SELECT p.*, unnest(p.path_then) AS id, generate_subscripts(p.path_then, 1) AS level
          FROM placed_usage(accounts, quantities, occurred) p WHERE p.period = p_period
        ) s WHERE s.level >= array_position(s.path_then, acting) GROUP BY s.id;
    END $$;

    -- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it.
    CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_id = a.id)
        AND NOT EXISTS (SELECT 1 FROM uncounted_usage u WHERE a.root_id = ANY (u.root_ids))
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;

    REVOKE ALL ON FUNCTION record_usage, placed_usage, count_usage, uncounted_totals FROM PUBLIC;
    GRANT MAINTAIN ON uncounted_usage TO tenantree_app;
    GRANT EXECUTE ON FUNCTION record_usage, count_usage, uncounted_totals TO tenantree_app;
  `.execute(db);
}

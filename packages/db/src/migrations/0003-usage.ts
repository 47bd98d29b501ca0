import { type Kysely, sql } from 'kysely';

/**
 * Usage events, and the totals that are exact at the commit of every event (product.md 5.2).
 *
 * `record_usage` is the one way in. It is a function because it needs two statements in one round trip: the shared lock that
 * keeps moves of the tree out, and then the insert with a snapshot taken after the lock was granted.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE usage_events (
      account_id uuid NOT NULL, key text NOT NULL, meter text NOT NULL, quantity numeric(29, 9) NOT NULL,
      occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
      attributes jsonb NOT NULL DEFAULT '{}',
      kind text NOT NULL DEFAULT 'usage' CHECK (kind IN ('usage', 'adjustment')), reason text,
      PRIMARY KEY (account_id, key), CHECK (kind = 'adjustment' OR quantity >= 0), CHECK ((kind = 'adjustment') = (reason IS NOT NULL))
    );
    -- Events arrive roughly in the order of their time, so a block range index finds a period; a btree cost 25 % of every flush.
    CREATE INDEX usage_events_time ON usage_events USING brin (occurred_at) WITH (pages_per_range = 32);

    -- Per billing period (a UTC calendar month). own: the account's; total: with everything that was below it at the time.
    CREATE TABLE usage_totals (
      account_id uuid NOT NULL, meter text NOT NULL, period timestamptz NOT NULL,
      own numeric(29, 9) NOT NULL, total numeric(29, 9) NOT NULL, own_events bigint NOT NULL, total_events bigint NOT NULL, version bigint NOT NULL,
      PRIMARY KEY (account_id, meter, period)
    ) WITH (fillfactor = 50);

    ALTER TABLE usage_events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE usage_totals ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON usage_events FOR SELECT TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree ON usage_totals FOR SELECT TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    GRANT SELECT ON usage_events, usage_totals TO tenantree_app;

    -- Where an account stood, and thereby who paid, at an instant before its last move. Since then: accounts.path, accounts.payer_id.
    CREATE FUNCTION past_path(p_account uuid, p_at timestamptz) RETURNS uuid[] LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      SELECT p.path FROM past_placements p WHERE p.account_id = p_account AND p.valid_to > p_at ORDER BY p.valid_to LIMIT 1
    $$;

    -- One call per flush. Lists travel as text with control characters between the parts, which neither keys nor JSON can contain:
    -- measured, that halves the cost of a call against arrays of text and a row per change.
    -- p_roots are the trees that the accounts stand in, for the lock.
    --   uncounted  'index:duplicate' or 'index:conflict' of the events that were not counted, comma separated; all others were
    --   changes    'account own total' of every account whose totals of the current period changed, comma separated
    --   paths      'root ... account' of the accounts that had events, comma separated
    --   versions   'root version', comma separated
    CREATE FUNCTION record_usage(
      p_meter text, p_kind text, p_reason text, p_now timestamptz,
      p_roots uuid[], p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text,
      OUT uncounted text, OUT changes text, OUT paths text, OUT versions text
    ) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      keys text[] := string_to_array(p_keys, E'\\x1f');
      attributes text[] := string_to_array(p_attributes, E'\\x1f');
      this_period timestamptz := date_trunc('month', p_now, 'UTC');
      new_accounts uuid[];
      new_keys text[];
      new_quantities numeric[];
      new_occurred timestamptz[];
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(hashtextextended(r.root_id::text, 0))
        FROM (SELECT DISTINCT root_id FROM unnest(p_roots) u(root_id) ORDER BY root_id) r;

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
          THEN ':duplicate' ELSE ':conflict' END, ',') INTO uncounted
        FROM unnest(p_accounts, keys) WITH ORDINALITY AS u(account_id, key, i)
        CROSS JOIN LATERAL (SELECT e FROM usage_events e WHERE e.account_id = u.account_id AND e.key = u.key LIMIT 1) s
        WHERE (u.account_id, u.key) NOT IN (SELECT n.account_id, n.key FROM unnest(new_accounts, new_keys) n(account_id, key))
          OR u.i NOT IN (SELECT min(f.i) FROM unnest(p_accounts, keys) WITH ORDINALITY AS f(account_id, key, i) GROUP BY f.account_id, f.key);
      END IF;

      -- Totals are written deepest account first, root last, behind the lock on the tree's version. Flushes of one tree queue for it, so
      -- all that needs no lock is done by now.
      WITH placed AS (
        SELECT n.account_id, any_value(a.root_id) AS root_id, any_value(a.path) AS path_now, date_trunc('month', n.occurred_at, 'UTC') AS period,
          CASE WHEN n.occurred_at < a.placed_at THEN past_path(a.id, n.occurred_at) END AS path_then,
          sum(n.quantity) AS quantity, count(*) AS events
        FROM unnest(new_accounts, new_quantities, new_occurred) n(account_id, quantity, occurred_at)
        CROSS JOIN LATERAL (SELECT a.id, a.root_id, a.path, a.placed_at FROM accounts a WHERE a.id = n.account_id LIMIT 1) a GROUP BY 1, 4, 5
      ), steps AS (
        SELECT p.*, unnest(coalesce(p.path_then, p.path_now)) AS id, generate_subscripts(coalesce(p.path_then, p.path_now), 1) AS level FROM placed p
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

    -- Usage over time of everything that was at or below an account at the time (product.md 5.5), accounts that left since included:
    -- those are out of the reader's sight, so the sum is made here. Only for the acting account's own subtree.
    CREATE FUNCTION usage_series(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_bucket text)
    RETURNS TABLE (start timestamptz, quantity numeric) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT date_trunc(p_bucket, e.occurred_at, 'UTC'), sum(e.quantity)
      FROM (
        SELECT id FROM accounts WHERE path @> ARRAY[p_account] UNION SELECT account_id FROM past_placements WHERE path @> ARRAY[p_account]
      ) c JOIN accounts a ON a.id = c.id JOIN usage_events e ON e.account_id = a.id
      WHERE e.meter = p_meter AND e.occurred_at >= p_from AND e.occurred_at < p_to
        AND p_account = ANY (CASE WHEN e.occurred_at >= a.placed_at THEN a.path ELSE past_path(a.id, e.occurred_at) END)
        AND EXISTS (SELECT 1 FROM accounts r WHERE r.id = p_account AND acting_account() = ANY (r.path))
      GROUP BY 1 ORDER BY 1
    $$;

    -- Erases an account whose retention is over (product.md 2.3): its data goes, what invoices and the audit log need stays.
    CREATE FUNCTION erase_account(p_account uuid, p_version bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := (SELECT x FROM accounts x WHERE x.id = p_account);
    BEGIN
      DELETE FROM embed_tokens WHERE account_id = p_account;
      DELETE FROM api_keys WHERE account_id = p_account;
      DELETE FROM invitations WHERE account_id = p_account;
      DELETE FROM members WHERE account_id = p_account;
      DELETE FROM agents WHERE account_id = p_account;
      UPDATE usage_events SET attributes = '{}' WHERE account_id = p_account;
      INSERT INTO departures (root_id, version, account_id, path) VALUES (a.root_id, p_version, a.id, a.path);
      DELETE FROM accounts WHERE id = p_account;
    END $$;
    CREATE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_id = a.id)
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;

    REVOKE ALL ON FUNCTION record_usage, past_path, usage_series, erase_account, accounts_to_erase FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION record_usage, usage_series, erase_account, accounts_to_erase TO tenantree_app;
  `.execute(db);
}

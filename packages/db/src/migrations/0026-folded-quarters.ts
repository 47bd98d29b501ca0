import { type Kysely, sql } from 'kysely';

/**
 * Roll-ups are folded: a count notes what it adds to quarters of an hour as one row, and once a second all such rows of a tree are added up
 * and written together. Written by every count they had cost as much as the totals did (docs/decisions/0011-usage-by-month.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE unfolded_quarters (
      root_id uuid NOT NULL, meter text NOT NULL, accounts uuid[] NOT NULL, quarters timestamptz[] NOT NULL, owns numeric[] NOT NULL, totals numeric[] NOT NULL
    );
    ALTER TABLE unfolded_quarters ALTER accounts SET STORAGE EXTERNAL, ALTER quarters SET STORAGE EXTERNAL,
      ALTER owns SET STORAGE EXTERNAL, ALTER totals SET STORAGE EXTERNAL;
    ALTER TABLE unfolded_quarters ENABLE ROW LEVEL SECURITY;
    CREATE INDEX unfolded_quarters_tree ON unfolded_quarters (root_id);
    GRANT MAINTAIN ON unfolded_quarters TO tenantree_serve;

    -- Adds what counts noted of one tree to its roll-ups, of a tree that nobody else is folding. Whether there was one.
    CREATE FUNCTION fold_quarters() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET lock_timeout = '2s' AS $$
    DECLARE tree record;
    BEGIN
      FOR tree IN SELECT DISTINCT u.root_id FROM unfolded_quarters u LOOP
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended(tree.root_id::text, 2));
        PERFORM fold_tree(tree.root_id);
        RETURN true;
      END LOOP;
      RETURN false;
    END $$;
    CREATE FUNCTION fold_tree(p_root uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    BEGIN
      WITH taken AS (
        DELETE FROM unfolded_quarters WHERE root_id = p_root RETURNING meter, accounts, quarters, owns, totals
      ), sums AS (
        SELECT t.meter, n.account_id, n.quarter, add_up(n.own) AS own, add_up(n.total) AS total
        FROM taken t CROSS JOIN LATERAL unnest(t.accounts, t.quarters, t.owns, t.totals) n(account_id, quarter, own, total) GROUP BY 1, 2, 3
      )
      INSERT INTO usage_quarters AS q (account_id, meter, quarter, own, total)
      SELECT s.account_id, s.meter, s.quarter, s.own, s.total FROM sums s ORDER BY s.account_id, s.quarter
      ON CONFLICT (account_id, meter, quarter) DO UPDATE SET own = q.own + excluded.own, total = q.total + excluded.total;
    END $$;

    -- What is noted of a tree and not folded yet.
    CREATE FUNCTION noted_quarters(p_root uuid, p_meter text) RETURNS TABLE (account_id uuid, quarter timestamptz, own numeric, total numeric)
    LANGUAGE sql STABLE AS $$
      SELECT n.account_id, n.quarter, n.own, n.total FROM public.unfolded_quarters u
      CROSS JOIN LATERAL unnest(u.accounts, u.quarters, u.owns, u.totals) n(account_id, quarter, own, total)
      WHERE u.root_id = p_root AND u.meter = p_meter
    $$;
    REVOKE ALL ON FUNCTION fold_quarters, fold_tree, noted_quarters FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION fold_quarters TO tenantree_serve;
  `.execute(db);
  await counting(db);
  await reading(db);
}

/** As in 0014-usage/counting.ts, but for what becomes of the roll-ups. */
const counting = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE OR REPLACE FUNCTION count_tree(
      p_root uuid, p_meter text, p_now timestamptz, p_shown numeric, p_wait boolean,
      OUT elsewhere boolean, OUT changes text, OUT parents text, OUT new_version bigint
    ) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET lock_timeout = '2s' AS $$
    #variable_conflict use_column
    DECLARE
      this_period timestamptz := month_start(month_of(p_now));
      next_period timestamptz := month_start(month_of(p_now) + 1);
      next_version bigint;
      ids uuid[];
      quarters timestamptz[];
      owns numeric[];
      totals numeric[];
    BEGIN
      elsewhere := false;
      IF p_wait THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_root::text, 1));
      ELSIF NOT pg_try_advisory_xact_lock(hashtextextended(p_root::text, 1)) THEN
        elsewhere := true;
        RETURN;
      END IF;
      IF NOT EXISTS (SELECT FROM uncounted_usage WHERE root_id = p_root AND meter = p_meter) THEN
        RETURN;
      END IF;
      -- No move meanwhile: and so nobody else takes a version, which is handed out last.
      PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_root::text, 0));
      next_version := 1 + (SELECT version FROM tree_versions WHERE root_id = p_root);

      -- Most ancestors have many of the accounts below them: what is used below one parent is added up first, then level by level. The bytes
      -- of an id become an id last. Numbers of events are added up as integers: a sum of bigint is numeric, and costs as much as a quantity.
      WITH taken AS (
        DELETE FROM uncounted_usage WHERE root_id = p_root AND meter = p_meter RETURNING accounts, quantities, occurred_at
      ), sums AS MATERIALIZED (
        SELECT n.account_id, quarter_of(n.occurred_at) AS quarter, CASE WHEN n.occurred_at >= a.placed_at THEN a.parent_id END AS parent_id,
          CASE WHEN n.occurred_at >= a.placed_at THEN uuid_send(p_root) || a.path_key ELSE chain_at(n.account_id, n.occurred_at) END AS chain,
          add_up(n.quantity) AS quantity, count(*)::int AS events
        FROM taken t CROSS JOIN LATERAL unnest(t.accounts, t.quantities, t.occurred_at) n(account_id, quantity, occurred_at)
        LEFT JOIN LATERAL (SELECT parent_id, path_key, placed_at FROM accounts WHERE root_id = p_root AND id = n.account_id LIMIT 1) a ON true
        GROUP BY 1, 2, 3, 4
      ), parents AS (
        SELECT substr(chain, 1, octet_length(chain) - 16) AS chain, quarter, bool_or(parent_id IS NOT NULL) AS present,
          add_up(quantity) AS quantity, sum(events)::int AS events
        FROM sums GROUP BY 1, 2
      ), above AS (
        SELECT substr(p.chain, l * 16 - 15, 16) AS id, p.quarter, any_value(substr(p.chain, l * 16 - 31, 16)) FILTER (WHERE p.present AND l > 1) AS parent,
          max(l) AS level, add_up(p.quantity) AS quantity, sum(p.events)::int AS events
        FROM parents p CROSS JOIN LATERAL generate_series(1, octet_length(p.chain) / 16) l GROUP BY 1, 2
      ), steps AS MATERIALIZED (
        SELECT account_id, quarter, any_value(parent_id) AS parent_id, max(level) AS level,
          add_up(own) AS own, add_up(total) AS total, sum(own_events)::int AS own_events, sum(total_events)::int AS total_events
        FROM (
          SELECT account_id, quarter, parent_id, octet_length(chain) / 16 AS level,
            quantity AS own, quantity AS total, events AS own_events, events AS total_events FROM sums WHERE chain IS NOT NULL
          UNION ALL SELECT encode(id, 'hex')::uuid, quarter, encode(parent, 'hex')::uuid, level, 0, quantity, 0, events FROM above
        ) s GROUP BY 1, 2
      ), periods AS MATERIALIZED (
        SELECT account_id, CASE WHEN quarter >= this_period AND quarter < next_period THEN this_period ELSE date_trunc('month', quarter, 'UTC') END AS period,
          max(level) AS level, any_value(parent_id) AS parent_id,
          add_up(own) AS own, add_up(total) AS total, sum(own_events) AS own_events, sum(total_events) AS total_events
        FROM steps GROUP BY 1, 2
      ), written AS (
        INSERT INTO usage_totals AS t (account_id, meter, period, own, total, own_events, total_events, version)
        SELECT account_id, p_meter, period, own, total, own_events, total_events, next_version FROM periods ORDER BY level DESC, account_id, period
        ON CONFLICT (account_id, meter, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total,
          own_events = t.own_events + excluded.own_events, total_events = t.total_events + excluded.total_events, version = excluded.version
        RETURNING t.account_id, t.period, t.own, t.total
      )
      SELECT
        (SELECT string_agg(concat_ws(' ', w.account_id, trim_scale(round(w.own / p_shown, 9)), trim_scale(round(w.total / p_shown, 9))), ',')
          FROM written w WHERE w.period = this_period),
        (SELECT string_agg(concat_ws(' ', p.account_id, p.parent_id), ',') FROM periods p WHERE p.parent_id IS NOT NULL),
        s.ids, s.quarters, s.owns, s.totals
      INTO changes, parents, ids, quarters, owns, totals
      FROM (
        SELECT array_agg(account_id) AS ids, array_agg(quarter) AS quarters, array_agg(own) AS owns, array_agg(total) AS totals FROM steps
      ) s;
      IF ids IS NULL THEN
        RETURN;
      END IF;
      INSERT INTO unfolded_quarters (root_id, meter, accounts, quarters, owns, totals) VALUES (p_root, p_meter, ids, quarters, owns, totals);
      UPDATE tree_versions SET version = next_version WHERE root_id = p_root AND version = next_version - 1;
      IF NOT FOUND THEN
        RAISE 'The version of tree % was taken while its usage was counted.', p_root USING ERRCODE = 'serialization_failure';
      END IF;
      INSERT INTO tree_changes (root_id, version, kind, accounts, at)
      VALUES (p_root, next_version, 'usage', noted_accounts(ARRAY(SELECT DISTINCT unnest(ids))), clock_timestamp());
      new_version := next_version;
    END $$;
  `.execute(db);

/** As in 0014-usage/series.ts, with what is noted. */
const reading = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE OR REPLACE FUNCTION usage_of_stays(p_stays usage_stays, p_meter text, p_starts timestamptz[]) RETURNS TABLE (bucket int, key text, quantity numeric)
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    #variable_conflict use_column
    DECLARE
      accounts uuid[] := (p_stays).accounts;
      sinces timestamptz[] := ARRAY(SELECT next_quarter(s) FROM unnest((p_stays).sinces) WITH ORDINALITY u(s, i) ORDER BY i);
      untils timestamptz[] := ARRAY(SELECT quarter_of(s) FROM unnest((p_stays).untils) WITH ORDINALITY u(s, i) ORDER BY i);
      first timestamptz := (SELECT min(s) FROM unnest(sinces) s);
      last timestamptz := (SELECT max(u) FROM unnest(untils) u);
    BEGIN
      IF cardinality(accounts) = 0 THEN
        RETURN;
      END IF;
      RETURN QUERY
        SELECT width_bucket(q.quarter, p_starts), q.account_id::text, sum(q.own)
        FROM unnest(accounts, sinces, untils) s(account_id, since, until)
        JOIN usage_quarters q ON q.account_id = s.account_id AND q.quarter >= s.since AND q.quarter < s.until
        WHERE q.meter = p_meter AND q.own <> 0 AND q.quarter >= first AND q.quarter < last GROUP BY 1, 2;
      RETURN QUERY
        SELECT width_bucket(n.quarter, p_starts), n.account_id::text, sum(n.own) FROM noted_quarters(acting_root(), p_meter) n
        JOIN unnest(accounts, sinces, untils) s(account_id, since, until)
          ON n.account_id = s.account_id AND n.quarter >= s.since AND n.quarter < s.until WHERE n.own <> 0 GROUP BY 1, 2;
      RETURN QUERY
        SELECT width_bucket(u.occurred_at, p_starts), u.account_id::text, sum(u.quantity)
        FROM uncounted_events(acting_root(), p_meter) u
        JOIN unnest(accounts, sinces, untils) s(account_id, since, until)
          ON u.account_id = s.account_id AND u.occurred_at >= s.since AND u.occurred_at < s.until GROUP BY 1, 2;
      RETURN QUERY SELECT * FROM events_of_stays(edges_of(p_stays), p_meter, p_starts, 'account');
    END $$;

    CREATE OR REPLACE FUNCTION usage_of_subtree(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_starts timestamptz[])
    RETURNS TABLE (bucket int, quantity numeric) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    #variable_conflict use_column
    DECLARE
      first timestamptz := next_quarter(p_from);
      last timestamptz := quarter_of(p_to);
    BEGIN
      RETURN QUERY
        SELECT width_bucket(q.quarter, p_starts), sum(q.total) FROM usage_quarters q
        WHERE q.account_id = p_account AND q.meter = p_meter AND q.quarter >= first AND q.quarter < last AND q.total <> 0 GROUP BY 1;
      RETURN QUERY
        SELECT width_bucket(n.quarter, p_starts), sum(n.total) FROM noted_quarters(acting_root(), p_meter) n
        WHERE n.account_id = p_account AND n.quarter >= first AND n.quarter < last AND n.total <> 0 GROUP BY 1;
      RETURN QUERY
        SELECT width_bucket(u.occurred_at, p_starts), sum(u.quantity) FROM uncounted_events(acting_root(), p_meter) u
        WHERE u.occurred_at >= first AND u.occurred_at < last AND level_in(u.chain, p_account) IS NOT NULL GROUP BY 1;
      IF p_from < first THEN
        RETURN QUERY SELECT e.bucket, e.quantity
          FROM events_of_stays(stays_below(p_account, p_from, least(first, p_to), true), p_meter, p_starts, 'account') e;
      END IF;
      IF last < p_to AND last >= first THEN
        RETURN QUERY SELECT e.bucket, e.quantity FROM events_of_stays(stays_below(p_account, last, p_to, true), p_meter, p_starts, 'account') e;
      END IF;
    END $$;
  `.execute(db);

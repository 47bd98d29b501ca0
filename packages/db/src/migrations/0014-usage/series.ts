import { type Kysely, sql } from 'kysely';

/**
 * Usage over time, of ranges that begin and end on any minute: whole quarters of an hour come from the roll-ups and from what is uncounted,
 * the parts of quarters at the ends from the events. Everything is read at the one moment of the call.
 *
 * What is read is a list of _stays_ (account, since, until): an account that was moved counts only while it stood below.
 */
export const series = async (db: Kysely<unknown>): Promise<void> => {
  await sql`DROP FUNCTION usage_series, past_stays_below`.execute(db);
  await stays(db);
  await sources(db);
  await sql`
    -- Quantities by bucket and key of an acting account's subtree. p_starts: the starts of the buckets that the range touches.
    -- scope own: the account's; total: with all that was below it at the time. by account or agent: the accounts that stand below now; what
    -- those had used that stood there and don't any more is under the key null, so that the parts add up to the undivided series.
    CREATE FUNCTION usage_series(
      p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_starts timestamptz[], p_scope text, p_by text
    ) RETURNS TABLE (start timestamptz, key text, quantity numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' AS $$
    #variable_conflict use_column
    DECLARE
      parts usage_stays;
    BEGIN
      IF NOT EXISTS (
        SELECT FROM accounts WHERE root_id = acting_root() AND id = p_account AND path_key >= acting_key() AND path_key < acting_end()
      ) THEN
        RETURN;
      END IF;
      parts := CASE
        WHEN p_scope = 'own' THEN (ARRAY[p_account], ARRAY[p_from], ARRAY[p_to])::usage_stays
        WHEN p_by = 'none' THEN (ARRAY[]::uuid[], ARRAY[]::timestamptz[], ARRAY[]::timestamptz[])::usage_stays
        ELSE stays_below(p_account, p_from, p_to, false) END;
      RETURN QUERY
        WITH divided AS MATERIALIZED (
          SELECT d.bucket, CASE WHEN p_by <> 'none' THEN d.key END AS key, sum(d.quantity) AS quantity FROM (
            SELECT * FROM usage_of_stays(parts, p_meter, p_starts) WHERE p_by <> 'agent'
            UNION ALL SELECT * FROM events_of_stays(parts, p_meter, p_starts, 'agent') WHERE p_by = 'agent'
          ) d GROUP BY 1, 2
        ), rest AS (
          SELECT u.bucket, sum(u.quantity) AS quantity FROM (
            SELECT bucket, quantity FROM usage_of_subtree(p_account, p_meter, p_from, p_to, p_starts) WHERE p_scope = 'total'
            UNION ALL SELECT bucket, -quantity FROM divided WHERE p_scope = 'total'
          ) u GROUP BY 1
        )
        SELECT p_starts[s.bucket], s.key, sum(s.quantity) FROM (
          SELECT bucket, key, quantity FROM divided
          UNION ALL SELECT bucket, NULL, quantity FROM rest WHERE p_by = 'none' OR quantity <> 0
        ) s GROUP BY 1, 2 ORDER BY 1, 2;
    END $$;
    REVOKE ALL ON FUNCTION usage_series FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION usage_series TO tenantree_app;
  `.execute(db);
};

const stays = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE TYPE usage_stays AS (accounts uuid[], sinces timestamptz[], untils timestamptz[]);

    -- When which accounts stood at or below an account, between two instants. p_departed: also those that don't stand there now.
    CREATE FUNCTION stays_below(p_account uuid, p_from timestamptz, p_to timestamptz, p_departed boolean) RETURNS usage_stays
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      WITH now_at AS MATERIALIZED (
        SELECT a.root_id, a.path_key FROM account_roots d JOIN accounts a ON a.root_id = d.root_id AND a.id = d.id WHERE d.id = p_account
      ), present AS (
        SELECT a.id, a.placed_at AS since, 'infinity'::timestamptz AS until FROM now_at n
        JOIN accounts a ON a.root_id = n.root_id AND a.path_key >= n.path_key AND a.path_key < n.path_key || '\\xff'::bytea
      ), places AS (
        SELECT root_id, path_key FROM now_at UNION SELECT root_id, path_key FROM past_placements WHERE account_id = p_account AND valid_to > p_from
      ), past AS (
        SELECT p.account_id, b.since, p.valid_to FROM places k
        JOIN past_placements p ON p.root_id = k.root_id AND p.path_key >= k.path_key AND p.path_key < k.path_key || '\\xff'::bytea
        CROSS JOIN LATERAL (
          SELECT coalesce(max(b.valid_to), '-infinity') AS since FROM past_placements b WHERE b.account_id = p.account_id AND b.valid_to < p.valid_to
        ) b
        WHERE p.valid_to > p_from AND (p_departed OR EXISTS (
          SELECT FROM now_at n JOIN accounts a ON a.root_id = n.root_id AND a.path_key >= n.path_key AND a.path_key < n.path_key || '\\xff'::bytea
          WHERE a.id = p.account_id))
      ), cut AS (
        SELECT s.id, greatest(s.since, p_from) AS since, least(s.until, p_to) AS until
        FROM (SELECT * FROM present UNION ALL SELECT * FROM past) s(id, since, until)
      )
      SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(since), '{}'), coalesce(array_agg(until), '{}') FROM cut WHERE since < until
    $$;

    -- The parts of stays that are no whole quarters of an hour.
    CREATE FUNCTION edges_of(p_stays usage_stays) RETURNS usage_stays LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      SELECT coalesce(array_agg(e.account_id), '{}'), coalesce(array_agg(e.since), '{}'), coalesce(array_agg(e.until), '{}')
      FROM unnest((p_stays).accounts, (p_stays).sinces, (p_stays).untils) s(account_id, since, until)
      CROSS JOIN LATERAL (
        SELECT s.account_id, s.since, least(s.until, next_quarter(s.since))
        UNION ALL SELECT s.account_id, quarter_of(s.until), s.until WHERE quarter_of(s.until) >= next_quarter(s.since)
      ) e(account_id, since, until)
      WHERE e.since < e.until
    $$;
    REVOKE ALL ON FUNCTION stays_below, edges_of FROM PUBLIC;
  `.execute(db);

const sources = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What the events of stays add up to, by bucket and account or agent. Planned for the lists it gets: they are of any length.
    CREATE FUNCTION events_of_stays(p_stays usage_stays, p_meter text, p_starts timestamptz[], p_by text)
    RETURNS TABLE (bucket int, key text, quantity numeric)
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    #variable_conflict use_column
    DECLARE
      accounts uuid[] := (p_stays).accounts;
      sinces timestamptz[] := (p_stays).sinces;
      untils timestamptz[] := (p_stays).untils;
      first timestamptz := (SELECT min(s) FROM unnest(sinces) s);
      last timestamptz := (SELECT max(u) FROM unnest(untils) u);
    BEGIN
      IF cardinality(accounts) > 0 THEN
        RETURN QUERY
          SELECT width_bucket(e.occurred_at, p_starts), CASE p_by WHEN 'agent' THEN e.attributes ->> 'agent' ELSE e.account_id::text END, sum(e.quantity)
          FROM unnest(accounts, sinces, untils) s(account_id, since, until)
          JOIN usage_events e ON e.account_id = s.account_id AND e.occurred_at >= s.since AND e.occurred_at < s.until
          WHERE e.meter = p_meter AND e.month BETWEEN month_of(first) AND month_of(last) AND e.occurred_at >= first AND e.occurred_at < last
          GROUP BY 1, 2;
      END IF;
    END $$;

    -- What the stays' accounts used themselves, by bucket and account.
    CREATE FUNCTION usage_of_stays(p_stays usage_stays, p_meter text, p_starts timestamptz[]) RETURNS TABLE (bucket int, key text, quantity numeric)
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
        SELECT width_bucket(u.occurred_at, p_starts), u.account_id::text, sum(u.quantity)
        FROM uncounted_events(acting_root(), p_meter) u
        JOIN unnest(accounts, sinces, untils) s(account_id, since, until)
          ON u.account_id = s.account_id AND u.occurred_at >= s.since AND u.occurred_at < s.until GROUP BY 1, 2;
      RETURN QUERY SELECT * FROM events_of_stays(edges_of(p_stays), p_meter, p_starts, 'account');
    END $$;

    -- What an account used with everything that was below it at the time, accounts that left since or are erased included.
    CREATE FUNCTION usage_of_subtree(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_starts timestamptz[])
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
    REVOKE ALL ON FUNCTION events_of_stays, usage_of_stays, usage_of_subtree FROM PUBLIC;
  `.execute(db);

import { type Kysely, sql } from 'kysely';

/**
 * How usage gets in. A key is looked for in every month in which something was recorded during the last window, and that no other call
 * stores it meanwhile is kept by one lock: calls of the current month share it, any other has it alone.
 */
export const recording = async (db: Kysely<unknown>): Promise<void> => {
  await doors(db);
  await sql`
    -- Makes sure that nobody else stores a key of these months until this transaction ends. The month of the caller's clock becomes the
    -- current one when it has changed. Answers the other months whose keys are still kept.
    CREATE FUNCTION hold_keys(p_months int[], p_now timestamptz, p_since timestamptz) RETURNS int[]
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
      keys bigint := hashtextextended('usage_keys', 0);
      this_month int := month_of(p_now);
      recorded int := (SELECT month FROM usage_months WHERE recorded_until = 'infinity');
    BEGIN
      IF p_months = ARRAY[recorded] THEN
        -- A block of its own: when the month has turned meanwhile, leaving it gives the lock back. Two who kept theirs would deadlock.
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(keys);
          recorded := (SELECT month FROM usage_months WHERE recorded_until = 'infinity');
          IF p_months <> ARRAY[recorded] THEN
            RAISE serialization_failure;
          END IF;
        EXCEPTION WHEN serialization_failure THEN
          recorded := NULL;
        END;
      END IF;
      IF p_months IS DISTINCT FROM ARRAY[recorded] THEN
        PERFORM pg_advisory_xact_lock(keys);
        PERFORM make_month(m) FROM unnest(p_months || this_month) m;
        UPDATE usage_months SET recorded_until = p_now WHERE recorded_until = 'infinity' AND month <> this_month;
        UPDATE usage_months SET recorded_until = 'infinity' WHERE month = this_month AND recorded_until IS DISTINCT FROM 'infinity';
        -- A day ahead, so that many late events write it once a day.
        UPDATE usage_months SET recorded_until = p_now + interval '1 day'
          WHERE month = ANY (p_months) AND (recorded_until IS NULL OR recorded_until < p_now);
      END IF;
      RETURN ARRAY(SELECT month FROM usage_months WHERE recorded_until >= p_since AND p_months <> ARRAY[month] ORDER BY month);
    END $$;
    REVOKE ALL ON FUNCTION hold_keys FROM PUBLIC;
  `.execute(db);
};

const doors = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DROP FUNCTION record_usage;

    -- Keys are looked up one by one, by the index, whatever the planner thinks of the tables' sizes, and with a plan of the moment: one kept
    -- from when a month was nearly empty reads all of its events for every flush, which costs more than the flush.
    -- Answers the indices of the keys that stand in these months.
    CREATE FUNCTION keys_within(p_months int[], p_accounts uuid[], p_keys text[]) RETURNS int[] LANGUAGE plpgsql STABLE
    SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
      RETURN ARRAY(
        SELECT u.i FROM unnest(p_accounts, p_keys) WITH ORDINALITY AS u(account_id, key, i)
        JOIN usage_events e ON e.account_id = u.account_id AND e.key = u.key WHERE e.month = ANY (p_months));
    END $$;

    -- What is known of the events at p_indices: 'index:duplicate' where one of the months holds the key with this content,
    -- 'index:conflict' where only with another; comma separated.
    CREATE FUNCTION known_usage(
      p_meter text, p_kind text, p_reason text, p_months int[],
      p_accounts uuid[], p_keys text[], p_quantities numeric[], p_occurred timestamptz[], p_attributes text[], p_indices bigint[]
    ) RETURNS text LANGUAGE plpgsql STABLE
    SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
      RETURN (
        SELECT string_agg(k.i || CASE WHEN k.same THEN ':duplicate' ELSE ':conflict' END, ',' ORDER BY k.i) FROM (
          SELECT u.i, bool_or(e.meter = p_meter AND e.quantity = p_quantities[u.i] AND e.occurred_at = p_occurred[u.i]
            AND e.attributes = p_attributes[u.i]::jsonb AND e.kind = p_kind AND e.reason IS NOT DISTINCT FROM p_reason) AS same
          FROM unnest(p_accounts, p_keys) WITH ORDINALITY AS u(account_id, key, i)
          JOIN usage_events e ON e.account_id = u.account_id AND e.key = u.key
          WHERE e.month = ANY (p_months) AND u.i = ANY (p_indices) GROUP BY u.i
        ) k
      );
    END $$;

    -- One call per flush. Lists travel as text with control characters between the parts, which neither keys nor JSON can contain:
    -- measured, that halves the cost of a call against arrays of text and a row per event.
    --   p_since  keys of months in which nothing was recorded since then are free again
    --   p_roots  main accounts of all trees that the events are of
    --   p_again  indices of the events whose account and key stand earlier in the batch, too
    --   repeats  'index:duplicate' or 'index:conflict' of the events that were not recorded, comma separated; all others were
    CREATE FUNCTION record_usage(
      p_meter text, p_kind text, p_reason text, p_now timestamptz, p_since timestamptz,
      p_roots uuid[], p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text, p_again int[],
      OUT repeats text
    ) LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      keys text[] := string_to_array(p_keys, E'\\x1f');
      attributes text[] := string_to_array(p_attributes, E'\\x1f');
      months int[] := ARRAY(SELECT DISTINCT month_of(o) FROM unnest(p_occurred) o);
      others int[] := hold_keys(months, p_now, p_since);
      left_out int[] := p_again;
      new_accounts uuid[];
      new_keys text[];
      new_quantities numeric[];
      new_occurred timestamptz[];
    BEGIN
      IF cardinality(others) > 0 THEN
        left_out := left_out || keys_within(others, p_accounts, keys);
      END IF;

      -- Keys are sorted inside the batch: unsorted batches that share keys deadlock (measured: 42 times slower).
      WITH ins AS (
        INSERT INTO usage_events (account_id, key, month, meter, quantity, occurred_at, recorded_at, attributes, kind, reason)
        SELECT u.account_id, u.key, month_of(u.occurred_at), p_meter, u.quantity, u.occurred_at, p_now, u.attributes::jsonb, p_kind, p_reason
        FROM unnest(p_accounts, keys, p_quantities, p_occurred, attributes) WITH ORDINALITY AS u(account_id, key, quantity, occurred_at, attributes, i)
        WHERE cardinality(left_out) = 0 OR u.i <> ALL (left_out)
        ORDER BY u.account_id, u.key
        ON CONFLICT DO NOTHING
        RETURNING account_id, key, quantity, occurred_at
      )
      SELECT array_agg(n.account_id), array_agg(n.key), array_agg(n.quantity), array_agg(n.occurred_at)
      INTO new_accounts, new_keys, new_quantities, new_occurred FROM ins n;

      -- What was not inserted is known already, or stands in this batch twice.
      IF coalesce(cardinality(new_accounts), 0) < cardinality(p_accounts) THEN
        repeats := known_usage(p_meter, p_kind, p_reason, months || others, p_accounts, keys, p_quantities, p_occurred, attributes, ARRAY(
          SELECT u.i FROM unnest(p_accounts, keys) WITH ORDINALITY AS u(account_id, key, i)
          WHERE (u.account_id, u.key) NOT IN (SELECT n.account_id, n.key FROM unnest(new_accounts, new_keys) n(account_id, key))
            OR u.i IN (SELECT unnest(p_again))));
      END IF;

      IF new_accounts IS NULL THEN
        RETURN;
      ELSIF cardinality(p_roots) = 1 THEN
        INSERT INTO uncounted_usage (root_id, meter, accounts, quantities, occurred_at, recorded_at)
        VALUES (p_roots[1], p_meter, new_accounts, new_quantities, new_occurred, p_now);
      ELSE
        INSERT INTO uncounted_usage (root_id, meter, accounts, quantities, occurred_at, recorded_at)
        SELECT coalesce(d.root_id, (SELECT p.root_id FROM past_placements p WHERE p.account_id = n.account_id AND p.valid_to = 'infinity')), p_meter,
          array_agg(n.account_id), array_agg(n.quantity), array_agg(n.occurred_at), p_now
        FROM unnest(new_accounts, new_quantities, new_occurred) n(account_id, quantity, occurred_at)
        LEFT JOIN account_roots d ON d.id = n.account_id GROUP BY 1;
      END IF;
    END $$;

    -- The same question without recording anything, of events that may be too old to be recorded: a repeat has the instant of its first
    -- try, so it is found by its month.
    CREATE FUNCTION find_repeats(
      p_meter text, p_kind text, p_reason text, p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text
    ) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT known_usage(p_meter, p_kind, p_reason, ARRAY(SELECT DISTINCT month_of(o) FROM unnest(p_occurred) o),
        p_accounts, string_to_array(p_keys, E'\\x1f'), p_quantities, p_occurred, string_to_array(p_attributes, E'\\x1f'),
        ARRAY(SELECT generate_subscripts(p_accounts, 1)::bigint))
    $$;

    REVOKE ALL ON FUNCTION keys_within, known_usage, record_usage, find_repeats FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION record_usage TO tenantree_app;
  `.execute(db);

-- One call per flush. Lists travel as text with control characters between the parts, which neither keys nor JSON can contain:
-- measured, that halves the cost of a call against arrays of text and a row per event.
--   p_since  keys of months in which nothing was recorded since then are free again
--   p_roots  main accounts of all trees that the events are of
--   p_grants what was admitted for each event, as the caller calls it; empty: nothing. Null: for none of them
--   p_again  indices of the events whose account and key stand earlier in the batch, too
--   repeats  'index:duplicate' or 'index:conflict' of the events that were not recorded, comma separated; all others were, of them
--            'index:over' of those that came in over a limit
CREATE OR REPLACE FUNCTION record_usage(
  p_meter text, p_kind text, p_reason text, p_now timestamptz, p_since timestamptz,
  p_roots uuid[], p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text, p_again int[], p_grants text DEFAULT NULL,
  OUT repeats text
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  keys text[] := string_to_array(p_keys, E'\x1f');
  attributes text[] := string_to_array(p_attributes, E'\x1f');
  -- Of all of them, as mostly: reckoned twice then, and not for each. Null: they are of several.
  one_month int := (SELECT CASE WHEN month_of(min(o)) = month_of(max(o)) THEN month_of(min(o)) END FROM unnest(p_occurred) o);
  months int[] := CASE WHEN one_month IS NULL THEN ARRAY(SELECT DISTINCT month_of(o) FROM unnest(p_occurred) o) ELSE ARRAY[one_month] END;
  others int[] := hold_keys(months, p_now, p_since);
  left_out int[] := p_again;
  over boolean[] := CASE WHEN p_kind = 'usage' THEN over_limits(p_meter, p_now, p_roots, p_accounts, p_quantities, p_occurred, string_to_array(p_grants, E'\x1f')) END;
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
    INSERT INTO usage_events (account_id, key, month, meter, quantity, occurred_at, recorded_at, attributes, kind, reason, over_limit)
    SELECT u.account_id, u.key, coalesce(one_month, month_of(u.occurred_at)), p_meter, u.quantity, u.occurred_at, p_now, u.attributes::jsonb, p_kind, p_reason, over IS NOT NULL AND over[u.i]
    FROM unnest(p_accounts, keys, p_quantities, p_occurred, attributes) WITH ORDINALITY AS u(account_id, key, quantity, occurred_at, attributes, i)
    WHERE u.i NOT IN (SELECT unnest(left_out))
    ORDER BY u.account_id, u.key
    ON CONFLICT DO NOTHING
    RETURNING account_id, key, quantity, occurred_at
  )
  SELECT array_agg(n.account_id), array_agg(n.key), array_agg(n.quantity), array_agg(n.occurred_at)
  INTO new_accounts, new_keys, new_quantities, new_occurred FROM ins n;

  -- What was not inserted is known already, or stands in this batch twice.
  IF coalesce(cardinality(new_accounts), 0) < cardinality(p_accounts) THEN
    SELECT known_usage(p_meter, p_kind, p_reason, months || others, array_agg(u.account_id), array_agg(u.key), array_agg(u.quantity),
      array_agg(u.occurred_at), array_agg(u.attributes), array_agg(u.i)) INTO repeats
    FROM unnest(p_accounts, keys, p_quantities, p_occurred, attributes) WITH ORDINALITY AS u(account_id, key, quantity, occurred_at, attributes, i)
    WHERE (u.account_id, u.key) NOT IN (SELECT n.account_id, n.key FROM unnest(new_accounts, new_keys) n(account_id, key))
      OR u.i IN (SELECT unnest(p_again));
  END IF;

  IF new_accounts IS NULL THEN
    RETURN;
  END IF;
  IF over IS NOT NULL THEN
    repeats := concat_ws(',', (SELECT string_agg(o.i || ':over', ',') FROM unnest(over) WITH ORDINALITY o(is_over, i) WHERE o.is_over), repeats);
  END IF;
  -- Until what is recorded here is counted, its grants keep the room for it (end_settled).
  IF p_grants IS NOT NULL THEN
    UPDATE leases g SET settling = true FROM (
      SELECT x.root_id, x.account_id, x.key FROM (
        SELECT DISTINCT u.account_id, u.grant_key FROM unnest(p_accounts, keys, string_to_array(p_grants, E'\x1f')) u(account_id, key, grant_key)
        JOIN unnest(new_accounts, new_keys) n(account_id, key) ON n.account_id = u.account_id AND n.key = u.key
        WHERE u.grant_key <> '' ORDER BY 1, 2
      ) u
      CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = u.account_id LIMIT 1) d
      CROSS JOIN LATERAL (SELECT l.root_id, l.account_id, l.key FROM leases l
        WHERE l.root_id = d.root_id AND l.account_id = u.account_id AND l.key = u.grant_key AND l.kind = p_meter LIMIT 1 FOR UPDATE) x
    ) x WHERE g.root_id = x.root_id AND g.account_id = x.account_id AND g.key = x.key;
  END IF;
  -- Of what conversations it is, the count keeps (keep_conversations).
  IF strpos(p_attributes, '"conversation"') > 0 THEN
    INSERT INTO noted_conversations (root_id, account_id, conversation, agent, meter, quantity, occurred_at, attributes)
    SELECT d.root_id, e.account_id, e.attributes ->> 'conversation', e.attributes ->> 'agent', p_meter, e.quantity, e.occurred_at,
      coalesce((SELECT jsonb_object_agg(x.key, x.value) FROM jsonb_each_text(e.attributes) x WHERE x.key NOT IN ('conversation', 'agent')), '{}')
    FROM (
      SELECT u.account_id, u.quantity, u.occurred_at, u.attributes::jsonb AS attributes
      FROM unnest(p_accounts, keys, p_quantities, p_occurred, attributes) WITH ORDINALITY u(account_id, key, quantity, occurred_at, attributes, i)
      WHERE (u.account_id, u.key) IN (SELECT n.account_id, n.key FROM unnest(new_accounts, new_keys) n(account_id, key)) AND u.i <> ALL (p_again)
    ) e JOIN account_roots d ON d.id = e.account_id WHERE e.attributes ->> 'conversation' <> '';
  END IF;
  IF cardinality(p_roots) = 1 THEN
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
REVOKE ALL ON FUNCTION record_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_usage TO tenantree_app, tenantree_serve;

-- First touch of counters: nothing used, and what is promised is held. Those that are there are locked as they are. Inserting and locking are
-- one statement in the order of locks, deepest account first: whoever inserted and locked one after the other would deadlock. Whoever calls
-- this holds no counter's lock yet.
CREATE OR REPLACE FUNCTION touch_totals(p_root uuid, p_kind text, p_period timestamptz, p_accounts uuid[]) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  INSERT INTO resource_totals AS r (account_id, resource, period, own, total, held)
    SELECT n.id, p_kind, p_period, 0, 0,
      coalesce((SELECT b.promised FROM limits b WHERE b.root_id = p_root AND b.account_id = n.id AND b.kind = p_kind LIMIT 1), 0)
    FROM unnest(p_accounts) WITH ORDINALITY n(id, i) ORDER BY n.i
    ON CONFLICT (account_id, resource, period) DO UPDATE SET held = r.held WHERE false
$$;
REVOKE ALL ON FUNCTION touch_totals FROM PUBLIC;

-- First touch of counters: nothing used, and what is promised is held. In the order of locks, deepest account first; one toucher of a tree at a
-- time, who holds no counter's lock yet: whoever inserted while another holds rows that the first one waits for would deadlock.
CREATE OR REPLACE FUNCTION touch_totals(p_root uuid, p_kind text, p_period timestamptz, p_accounts uuid[]) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('touch ' || p_root, 0));
  INSERT INTO resource_totals (root_id, account_id, resource, period, own, total, held)
    SELECT p_root, n.id, p_kind, p_period, 0, 0,
      coalesce((SELECT b.promised FROM limits b WHERE b.root_id = p_root AND b.account_id = n.id AND b.kind = p_kind LIMIT 1), 0)
    FROM unnest(p_accounts) WITH ORDINALITY n(id, i) ORDER BY n.i ON CONFLICT DO NOTHING
$$;
REVOKE ALL ON FUNCTION touch_totals FROM PUBLIC;

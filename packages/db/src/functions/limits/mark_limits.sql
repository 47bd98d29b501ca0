-- Marks how far counted use of a billing period has come to the maximums of accounts, for lists and for usage that is recorded next.
CREATE OR REPLACE FUNCTION mark_limits(p_root uuid, p_accounts uuid[], p_kind text, p_period timestamptz, p_counted numeric[]) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  UPDATE limits b SET
    near_in = CASE WHEN b.cap IS NOT NULL AND level_reached(c.counted, b.cap) >= 1 THEN p_period END,
    full_in = CASE WHEN b.cap IS NOT NULL AND level_reached(c.counted, b.cap) = 2 THEN p_period END
  FROM unnest(p_accounts, p_counted) c(id, counted)
  CROSS JOIN LATERAL (SELECT x.ctid AS at FROM limits x WHERE x.root_id = p_root AND x.account_id = c.id AND x.kind = p_kind LIMIT 1) x WHERE b.ctid = x.at
$$;
REVOKE ALL ON FUNCTION mark_limits FROM PUBLIC;

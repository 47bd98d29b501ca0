-- Marks how far counted use of a billing period has come to the maximum of an account, for lists and for usage that is recorded next.
CREATE OR REPLACE FUNCTION mark_limit(p_root uuid, p_account uuid, p_kind text, p_period timestamptz, p_counted numeric) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  UPDATE limits b SET
    near_in = CASE WHEN b.cap IS NOT NULL AND level_reached(p_counted, b.cap) >= 1 THEN p_period END,
    full_in = CASE WHEN b.cap IS NOT NULL AND level_reached(p_counted, b.cap) = 2 THEN p_period END
  WHERE b.root_id = p_root AND b.account_id = p_account AND b.kind = p_kind
$$;
REVOKE ALL ON FUNCTION mark_limit FROM PUBLIC;

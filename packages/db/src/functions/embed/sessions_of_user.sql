-- The sessions of a user with a key, for who makes one more: how many were made since p_since, and which live ones are too many besides
-- it: the oldest. Whoever makes one for the same user waits for the transaction to end.
CREATE OR REPLACE FUNCTION sessions_of_user(p_key uuid, p_user_ref text, p_since timestamptz, p_now timestamptz, p_most int, OUT recent int, OUT too_many uuid[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'embed session', p_key, p_user_ref), 0));
  SELECT count(*) INTO recent FROM embed_tokens e
    WHERE e.root_id = acting_root() AND e.key_id = p_key AND e.user_ref = p_user_ref AND e.created_at > p_since;
  too_many := ARRAY(SELECT e.id FROM embed_tokens e
    WHERE e.root_id = acting_root() AND e.key_id = p_key AND e.user_ref = p_user_ref AND e.ended_at IS NULL AND e.expires_at > p_now
    ORDER BY e.id DESC OFFSET p_most - 1);
END $$;
REVOKE ALL ON FUNCTION sessions_of_user FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sessions_of_user TO tenantree_app;

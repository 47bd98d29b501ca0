-- Forgets tokens a day after their end. Returns how many.
CREATE OR REPLACE FUNCTION erase_expired_embed_tokens(p_now timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM embed_tokens WHERE expires_at < p_now - interval '1 day' RETURNING 1) SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION erase_expired_embed_tokens FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_expired_embed_tokens TO tenantree_serve;

-- Notes that a key was used, once a minute at most.
CREATE OR REPLACE FUNCTION touch_api_key(p_hash bytea, p_now timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '10s' AS $$
  UPDATE api_keys SET last_used_at = p_now WHERE token_hash = p_hash AND (last_used_at IS NULL OR last_used_at < p_now - interval '1 minute')
$$;
REVOKE ALL ON FUNCTION touch_api_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION touch_api_key TO tenantree_serve;

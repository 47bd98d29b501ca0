-- The same question without recording anything, of events that may be too old to be recorded: a repeat has the instant of its first
-- try, so it is found by its month.
CREATE OR REPLACE FUNCTION find_repeats(
  p_meter text, p_kind text, p_reason text, p_accounts uuid[], p_keys text, p_quantities numeric[], p_occurred timestamptz[], p_attributes text
) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '10s' AS $$
  SELECT known_usage(p_meter, p_kind, p_reason, ARRAY(SELECT DISTINCT month_of(o) FROM unnest(p_occurred) o),
    p_accounts, string_to_array(p_keys, E'\x1f'), p_quantities, p_occurred, string_to_array(p_attributes, E'\x1f'),
    ARRAY(SELECT generate_subscripts(p_accounts, 1)::bigint))
$$;
REVOKE ALL ON FUNCTION find_repeats FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_repeats TO tenantree_serve;

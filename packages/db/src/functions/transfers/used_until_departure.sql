-- What an account that left from below the acting one at p_at, and all that left with it, had used since that month began, or since they came
-- there, by meter. Reads no events: a move notes it, and what comes late of it is counted there.
CREATE OR REPLACE FUNCTION used_until_departure(p_account uuid, p_at timestamptz) RETURNS TABLE (meter text, quantity numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT g.meter, sum(g.quantity) FROM (
    SELECT p.root_id, p.path_key, p.valid_to FROM past_placements p WHERE p.account_id = p_account AND p.valid_to >= p_at ORDER BY p.valid_to LIMIT 1
  ) d
  JOIN past_placements p ON p.root_id = d.root_id AND p.path_key >= d.path_key AND p.path_key < d.path_key || '\xff'::bytea AND p.valid_to = d.valid_to
  JOIN usage_segments g ON g.account_id = p.account_id AND g.valid_to = p.valid_to
  WHERE level_in(uuid_send(d.root_id) || d.path_key, acting_account()) IS NOT NULL
  GROUP BY 1 HAVING sum(g.quantity) <> 0 ORDER BY 1
$$;
REVOKE ALL ON FUNCTION used_until_departure FROM PUBLIC;
GRANT EXECUTE ON FUNCTION used_until_departure TO tenantree_app;

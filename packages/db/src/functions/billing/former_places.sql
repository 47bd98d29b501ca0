-- Of period_places those that are places no more: where accounts stood that have moved since.
CREATE OR REPLACE FUNCTION former_places(p_account uuid, p_seller uuid, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (account_id uuid, chain bytea, left_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  a accounts;
BEGIN
  SELECT x.* INTO a FROM account_roots d CROSS JOIN LATERAL (SELECT * FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) x WHERE d.id = p_account;
  RETURN QUERY
    WITH former AS (
      SELECT p.account_id, p.root_id, p.path_key, p.valid_to FROM past_placements p WHERE p_seller IS NULL AND p.payer_id = p_account AND p.valid_to > p_from
      UNION ALL
      SELECT p.account_id, p.root_id, p.path_key, p.valid_to FROM (
        SELECT a.root_id, a.path_key WHERE a.parent_id = p_seller
        UNION SELECT k.root_id, k.path_key FROM past_placements k WHERE k.account_id = p_account AND k.valid_to > p_from
          AND id_at(uuid_send(k.root_id) || k.path_key, octet_length(k.path_key) / 16) = p_seller
      ) k
      JOIN past_placements p ON p.root_id = k.root_id AND p.path_key >= k.path_key AND p.path_key < k.path_key || '\xff'::bytea
      WHERE p_seller IS NOT NULL AND p.valid_to > p_from
    )
    SELECT f.account_id, uuid_send(f.root_id) || f.path_key, CASE WHEN f.valid_to < p_to THEN f.valid_to END FROM former f
    WHERE f.valid_to < p_to OR NOT EXISTS (
      SELECT FROM past_placements e WHERE e.account_id = f.account_id AND e.valid_to >= p_to AND e.valid_to < f.valid_to);
END $$;
REVOKE ALL ON FUNCTION former_places FROM PUBLIC;

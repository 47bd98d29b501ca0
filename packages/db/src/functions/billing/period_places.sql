-- Where accounts stood in a billing period: those that a payer paid for then (p_seller NULL), or those that stood at or below p_account while
-- that was directly below p_seller. left_at: when they left that place inside the period; NULL when they stood there as it ended. name: of those
-- that stand there now.
CREATE OR REPLACE FUNCTION period_places(p_account uuid, p_seller uuid, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (account_id uuid, name text, chain bytea, left_at timestamptz, came_inside boolean)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  a accounts;
BEGIN
  SELECT x.* INTO a FROM account_roots d CROSS JOIN LATERAL (SELECT * FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) x WHERE d.id = p_account;
  IF p_seller IS NULL OR a.parent_id = p_seller THEN
    RETURN QUERY SELECT p.account_id, p.name, p.chain, NULL::timestamptz, p.came_inside
      FROM present_places(a.root_id, a.path_key, CASE WHEN p_seller IS NULL THEN p_account END, p_from, p_to) p;
  END IF;
  RETURN QUERY SELECT f.account_id, NULL::text, f.chain, f.left_at, true FROM former_places(p_account, p_seller, p_from, p_to) f;
END $$;
REVOKE ALL ON FUNCTION period_places FROM PUBLIC;

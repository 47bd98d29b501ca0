-- How many accounts of the acting subtree took each version of a preset that is offered in the acting account, and how many of them have other
-- levels by now than it names. Of those with the same levels one is compared. Who took one is read from an index alone, and who stands in the
-- subtree from the keys of places, which end with the account; in a main account, everybody does.
CREATE OR REPLACE FUNCTION preset_takers(p_id uuid) RETURNS TABLE (version int, accounts int, changed int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
  WITH alike AS MATERIALIZED (
    SELECT c.preset_version, count(*) AS n, any_value(c.account_id) AS sample FROM account_caps c
    WHERE c.preset_id = p_id AND (acting_key() = '' OR uuid_send(c.account_id) IN (
      SELECT substr(a.path_key, length(a.path_key) - 15) FROM accounts a WHERE a.root_id = acting_root() AND a.path_key >= acting_key() AND a.path_key < acting_end()))
    GROUP BY c.preset_version, c.levels_hash
  )
  SELECT p.version, coalesce(sum(l.n), 0)::int, coalesce(sum(l.n) FILTER (WHERE NOT s.levels @> p.levels), 0)::int
  FROM unnest(path_of(acting_root(), acting_key())) w(id)
  JOIN presets p ON p.account_id = w.id AND p.id = p_id AND p.removed_at IS NULL
  LEFT JOIN alike l ON l.preset_version = p.version
  LEFT JOIN LATERAL (SELECT x.levels FROM account_caps x WHERE x.account_id = l.sample LIMIT 1) s ON true
  GROUP BY p.version ORDER BY p.version DESC
$$;
REVOKE ALL ON FUNCTION preset_takers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION preset_takers TO tenantree_app;

-- What decides about a batch of creations, as the reader sees it: a function, so that a single creation doesn't pay for its plan.
--   account  accounts by id and external id, and those between the acting one and them; some may come twice
--   sibling  those that have one of the wished names where it is wished: in the account with an id, or else with an external id
--   taken    external ids that are taken out of sight
CREATE OR REPLACE FUNCTION creation_ground(p_ids uuid[], p_external_ids text[], p_wished_ids text[], p_parents uuid[], p_parent_ids text[], p_keys text[])
RETURNS TABLE (part text, taken text, account accounts) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY
  WITH known AS MATERIALIZED (
    SELECT a.account, (a.account).path_key FROM unnest(p_ids) n(id) CROSS JOIN LATERAL (
      SELECT x AS account FROM accounts x WHERE x.root_id = acting_root() AND x.id = n.id LIMIT 1) a
    UNION ALL
    SELECT a.account, (a.account).path_key FROM unnest(p_external_ids) n(external_id) CROSS JOIN LATERAL (
      SELECT x AS account FROM accounts x WHERE x.external_id = n.external_id AND x.root_id = acting_root() LIMIT 1) a
  ), between AS (
    SELECT DISTINCT substr(k.path_key, 1, level * 16) AS key
    FROM known k CROSS JOIN LATERAL generate_series(octet_length(acting_key()) / 16 + 1, octet_length(k.path_key) / 16 - 1) level
  ), names AS MATERIALIZED (
    SELECT n.key, coalesce(n.parent_id, (
      SELECT x.id FROM accounts x WHERE x.external_id = n.external_id AND x.root_id = acting_root() LIMIT 1)) AS parent_id
    FROM unnest(p_parents, p_parent_ids, p_keys) n(parent_id, external_id, key)
  )
  SELECT 'account', NULL, k.account FROM known k
  UNION ALL
  SELECT 'account', NULL, a.account FROM between n CROSS JOIN LATERAL (
    SELECT x AS account FROM accounts x WHERE x.root_id = acting_root() AND x.path_key = n.key LIMIT 1) a
  UNION ALL
  SELECT 'sibling', NULL, a.account FROM names n CROSS JOIN LATERAL (
    SELECT x AS account FROM accounts x WHERE x.root_id = acting_root() AND x.parent_id = n.parent_id AND x.name_key = n.key AND x.status <> 'closed' LIMIT 1) a
  UNION ALL
  SELECT 'taken', t.external_id, NULL FROM external_ids_out_of_sight(p_wished_ids) t(external_id);
END $$;
REVOKE ALL ON FUNCTION creation_ground FROM PUBLIC;
GRANT EXECUTE ON FUNCTION creation_ground TO tenantree_app;

-- Counts new accounts, which have nobody and nothing of their own yet, into those above them: each of these once, deepest first.
CREATE OR REPLACE FUNCTION count_new_accounts(p_accounts uuid[], p_version bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  keys bytea[] := ARRAY(SELECT a.path_key FROM unnest(p_accounts) n(id) CROSS JOIN LATERAL (
    SELECT x.path_key FROM accounts x WHERE x.root_id = acting_root() AND x.id = n.id AND (x.path_key >= acting_key() AND x.path_key < acting_end()) IS TRUE LIMIT 1) a);
  parents uuid[] := ARRAY(SELECT DISTINCT CASE WHEN octet_length(k.key) = 16 THEN acting_root() ELSE encode(substr(k.key, octet_length(k.key) - 31, 16), 'hex')::uuid END FROM unnest(keys) k(key));
BEGIN
  IF cardinality(keys) < cardinality(p_accounts) THEN
    RAISE EXCEPTION 'accounts are not in the subtree of the acting account' USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- What those above them set for new ones.
  IF EXISTS (SELECT FROM limit_defaults WHERE account_id = ANY (parents)) THEN
    INSERT INTO limits (root_id, account_id, kind, metered, cap, at_limit, thresholds, version)
    SELECT acting_root(), n.id, d.kind, d.metered, d.cap, d.at_limit, d.thresholds, 1
    FROM unnest(p_accounts) n(id)
    CROSS JOIN LATERAL (SELECT a.parent_id FROM accounts a WHERE a.root_id = acting_root() AND a.id = n.id LIMIT 1) a
    JOIN limit_defaults d ON d.account_id = a.parent_id;
  END IF;
  PERFORM add_to_totals(acting_root(), p_version, array_agg(s.id ORDER BY s.level DESC, s.id), array_agg('subaccounts'::text),
    array_agg(s.children::numeric ORDER BY s.level DESC, s.id), array_agg(s.below::numeric ORDER BY s.level DESC, s.id)) FROM (
    SELECT CASE WHEN level = 0 THEN acting_root() ELSE encode(substr(k.key, level * 16 - 15, 16), 'hex')::uuid END AS id, level,
      count(*) AS below, count(*) FILTER (WHERE octet_length(k.key) = level * 16 + 16) AS children
    FROM unnest(keys) k(key) CROSS JOIN LATERAL generate_series(0, octet_length(k.key) / 16 - 1) level GROUP BY 1, 2
  ) s;
END $$;
REVOKE ALL ON FUNCTION count_new_accounts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_new_accounts TO tenantree_app;

-- Makes accounts of one tree and counts them into those above them; parents stand before their children. A main account bills itself, a
-- subaccount its parent's payer. As whoever calls it: row-level security says where.
CREATE OR REPLACE FUNCTION make_accounts(p_ids uuid[], p_roots uuid[], p_parents uuid[], p_keys bytea[], p_names text[], p_name_keys text[],
  p_external_ids text[], p_metadata jsonb[], p_payers uuid[], p_version bigint, p_now timestamptz, p_creator uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, external_id, metadata, billing_mode, payer_id, version, created_at, created_by, active_on)
  SELECT n.id, n.root_id, n.parent_id, n.path_key, n.name, n.name_key, n.external_id, n.metadata,
    CASE WHEN n.parent_id IS NULL THEN 'direct' ELSE 'parent' END, n.payer_id, p_version, p_now, p_creator, (p_now AT TIME ZONE 'UTC')::date
  FROM unnest(p_ids, p_roots, p_parents, p_keys, p_names, p_name_keys, p_external_ids, p_metadata, p_payers)
    n(id, root_id, parent_id, path_key, name, name_key, external_id, metadata, payer_id);
  IF array_remove(p_parents, NULL) <> '{}' THEN PERFORM count_new_accounts(p_ids, p_version); END IF;
END $$;
REVOKE ALL ON FUNCTION make_accounts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_accounts TO tenantree_app;

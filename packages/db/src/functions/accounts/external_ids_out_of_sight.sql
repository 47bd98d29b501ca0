-- Those of some external ids that accounts of the acting one's tree have which it doesn't see: nothing else is told of these.
CREATE OR REPLACE FUNCTION external_ids_out_of_sight(p_external_ids text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
  SELECT a.external_id FROM unnest(p_external_ids) e(id) CROSS JOIN LATERAL (
    SELECT x.external_id, x.path_key FROM accounts x WHERE x.external_id = e.id AND x.root_id = acting_root() LIMIT 1) a
  WHERE acting_key() <> '' AND NOT (a.path_key >= acting_key() AND a.path_key < acting_end())
$$;
REVOKE ALL ON FUNCTION external_ids_out_of_sight FROM PUBLIC;
GRANT EXECUTE ON FUNCTION external_ids_out_of_sight TO tenantree_app;

-- Those of some trees that have sort rows; of all trees (NULL) those whose sort rows are behind in a billing period.
CREATE OR REPLACE FUNCTION trees_to_sort(p_roots uuid[], p_period timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.root_id FROM sorted_trees s WHERE s.root_id = ANY (p_roots)
  UNION ALL
  SELECT s.root_id FROM sorted_trees s JOIN tree_versions v ON v.root_id = s.root_id WHERE p_roots IS NULL AND (v.version > s.version
    OR EXISTS (SELECT 1 FROM sorted_parents p WHERE p.root_id = s.root_id AND (p.is_behind OR p.period IS NULL OR p.period < p_period)))
$$;
REVOKE ALL ON FUNCTION trees_to_sort FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trees_to_sort TO tenantree_serve;

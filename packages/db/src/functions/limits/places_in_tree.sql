-- Where some accounts of a tree stand, and the number of its shape that this is of; those that are not in the tree, or closed, are left out.
CREATE OR REPLACE FUNCTION places_in_tree(p_root uuid, p_accounts uuid[], OUT shape bigint, OUT places jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT (SELECT v.shape FROM tree_versions v WHERE v.root_id = p_root), (
    SELECT coalesce(jsonb_object_agg(a.id, encode(a.path_key, 'hex')), '{}') FROM unnest(p_accounts) n(id)
    CROSS JOIN LATERAL (SELECT x.id, x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = n.id AND x.status <> 'closed' LIMIT 1) a)
$$;
REVOKE ALL ON FUNCTION places_in_tree FROM PUBLIC;
GRANT EXECUTE ON FUNCTION places_in_tree TO tenantree_serve;

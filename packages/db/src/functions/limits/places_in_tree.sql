-- Where some accounts of a tree stand and what limits them, and the number of the tree's shape that this is of; those that are not in the tree,
-- or closed, are left out.
--   places  account → its key
--   limits  account → what limits a kind at it, of all on the way to these accounts where anything does: the least use at which an admission
--           looks at it (the maximum that blocks, or the first threshold), the reserve, and where there is one, what is used and held there
CREATE OR REPLACE FUNCTION places_in_tree(p_root uuid, p_kind text, p_period timestamptz, p_accounts uuid[], OUT shape bigint, OUT places jsonb, OUT limits jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  WITH found AS MATERIALIZED (
    SELECT a.id, a.path_key FROM unnest(p_accounts) n(id)
    CROSS JOIN LATERAL (SELECT x.id, x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = n.id AND x.status <> 'closed' LIMIT 1) a
  )
  SELECT (SELECT v.shape FROM tree_versions v WHERE v.root_id = p_root),
    (SELECT coalesce(jsonb_object_agg(f.id, encode(f.path_key, 'hex')), '{}') FROM found f),
    (SELECT coalesce(jsonb_object_agg(s.id, jsonb_build_array(b.look::text, b.reserve::text, b.load::text)), '{}')
      FROM (SELECT DISTINCT u.id FROM found f CROSS JOIN LATERAL unnest(path_of(p_root, f.path_key)) u(id)) s
      CROSS JOIN LATERAL (
        SELECT least(CASE WHEN l.at_limit = 'block' THEN l.cap END, CASE WHEN NOT l.metered THEN l.cap * l.thresholds[1] * 0.01 END) AS look, l.reserve,
          CASE WHEN l.reserve > 0 THEN coalesce((SELECT r.total + r.held FROM resource_totals r
            WHERE r.account_id = s.id AND r.resource = p_kind AND r.period = p_period LIMIT 1), l.promised)
            + (counted_of(p_kind, p_period, l.metered, ARRAY[s.id]))[1] END AS load
        FROM limits l WHERE l.root_id = p_root AND l.account_id = s.id AND l.kind = p_kind LIMIT 1) b)
$$;
REVOKE ALL ON FUNCTION places_in_tree FROM PUBLIC;
GRANT EXECUTE ON FUNCTION places_in_tree TO tenantree_serve;

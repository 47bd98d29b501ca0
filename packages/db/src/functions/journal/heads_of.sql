-- How far trees are, for those who watch some: one look-up each.
CREATE OR REPLACE FUNCTION heads_of(p_roots uuid[]) RETURNS TABLE (epoch text, root_id uuid, seq bigint, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT (SELECT journal_epoch()), r.id, coalesce(h.seq, 0), coalesce(v.version, 0) FROM unnest(p_roots) r(id)
  LEFT JOIN LATERAL (SELECT x.seq FROM journal_heads x WHERE x.root_id = r.id LIMIT 1) h ON true
  LEFT JOIN LATERAL (SELECT x.version FROM tree_versions x WHERE x.root_id = r.id LIMIT 1) v ON true
$$;
REVOKE ALL ON FUNCTION heads_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION heads_of TO tenantree_serve;

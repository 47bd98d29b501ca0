-- Counts so many more (or less) of resources in accounts, and in the totals of all accounts above them, deepest first. Only of resources
-- whose totals are sums. What is closed counts above it as nothing. Behind begin_tree_change.
CREATE OR REPLACE FUNCTION take(p_accounts uuid[], p_resources text[], p_ns bigint[], p_version bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM add_to_totals(acting_root(), p_version, array_agg(s.id ORDER BY s.level DESC, s.id, s.resource), array_agg(s.resource ORDER BY s.level DESC, s.id, s.resource),
    array_agg(s.own ORDER BY s.level DESC, s.id, s.resource), array_agg(s.total ORDER BY s.level DESC, s.id, s.resource))
  FROM (
    SELECT c.id, c.level, t.resource, sum(CASE WHEN c.id = t.id THEN t.n ELSE 0 END) AS own, sum(t.n) AS total
    FROM (SELECT g.id, g.resource, sum(g.n) AS n FROM unnest(p_accounts, p_resources, p_ns) g(id, resource, n) GROUP BY 1, 2) t
    JOIN reached_each(p_accounts) a ON a.id = t.id
    CROSS JOIN LATERAL unnest(path_of(acting_root(), a.path_key)) WITH ORDINALITY c(id, level)
    WHERE c.id = t.id OR a.status <> 'closed' GROUP BY 1, 2, 3
  ) s;
END $$;
REVOKE ALL ON FUNCTION take FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take TO tenantree_app;

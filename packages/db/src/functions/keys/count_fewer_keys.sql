-- Counts one key less in each of these accounts of a tree, and in the totals of all above them: as often as an account is named. Behind
-- begin_tree_change, whose version it takes.
CREATE OR REPLACE FUNCTION count_fewer_keys(p_root uuid, p_accounts uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF cardinality(p_accounts) = 0 THEN RETURN; END IF;
  PERFORM add_to_totals(p_root, (SELECT t.version FROM tree_versions t WHERE t.root_id = p_root), array_agg(s.id ORDER BY s.level DESC, s.id),
    array_agg('apiKeys'::text), array_agg(s.own ORDER BY s.level DESC, s.id), array_agg(s.total ORDER BY s.level DESC, s.id))
  FROM (
    SELECT c.id, c.level, -sum(CASE WHEN c.id = a.id THEN k.n ELSE 0 END) AS own, -sum(k.n) AS total
    FROM (SELECT g.id, count(*) AS n FROM unnest(p_accounts) g(id) GROUP BY 1) k
    CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = p_root AND x.id = k.id LIMIT 1) a
    CROSS JOIN LATERAL unnest(path_of(a.root_id, a.path_key)) WITH ORDINALITY c(id, level)
    WHERE c.id = a.id OR a.status <> 'closed' GROUP BY 1, 2
  ) s;
END $$;
REVOKE ALL ON FUNCTION count_fewer_keys FROM PUBLIC;

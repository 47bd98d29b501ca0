-- Gives children of parents whose children are sorted by rows of their own theirs. The parents are held, so that nobody finishes their
-- rows meanwhile without these.
CREATE OR REPLACE FUNCTION sort_among_siblings(p_roots uuid[], p_children uuid[]) RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
  WITH children AS MATERIALIZED (
    SELECT a.*, p.period FROM unnest(p_roots, p_children) n(root_id, id)
    CROSS JOIN LATERAL (
      SELECT x.root_id, x.id, x.parent_id, x.total_members, x.total_agents FROM accounts x WHERE x.root_id = n.root_id AND x.id = n.id LIMIT 1
    ) a
    CROSS JOIN LATERAL (
      SELECT s.period FROM sorted_parents s WHERE s.root_id = a.root_id AND s.account_id = a.parent_id LIMIT 1 FOR SHARE
    ) p
  ), minutes AS (
    INSERT INTO account_sort_minutes (account_id, parent_id, minutes)
      SELECT c.id, c.parent_id,
        sort_key((SELECT t.total FROM usage_totals t WHERE t.account_id = c.id AND t.meter = 'call.seconds' AND t.period = c.period))
      FROM children c
  )
  INSERT INTO account_sort_counts (account_id, parent_id, members, agents)
    SELECT c.id, c.parent_id, c.total_members, c.total_agents FROM children c
$$;
REVOKE ALL ON FUNCTION sort_among_siblings FROM PUBLIC;

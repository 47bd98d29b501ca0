-- Writes what only leaves a trace, of whichever trees. Sessions are stored before it, by whoever admitted them: they are
-- good for nothing until their secret is told, and that is after their trace is written.
CREATE OR REPLACE FUNCTION append_traces(p_traces jsonb) RETURNS int[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
DECLARE tree record; placed jsonb; written int[];
BEGIN
  -- Whoever erases or carries away one of the accounts waits for this, or is waited for.
  SELECT jsonb_agg(jsonb_build_object('n', s.n, 'root', s.root_id, 'entry', s.entry || jsonb_build_object(
      'path_key', s.path_key, 'shows', '{}'::uuid[], 'is_moved', false)) ORDER BY s.n), array_agg(s.n::int)
  INTO placed, written
  FROM (
    SELECT e.n, e.entry, a.root_id, a.path_key
    FROM jsonb_array_elements(p_traces) WITH ORDINALITY e(entry, n)
    CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = (e.entry ->> 'account_id')::uuid LIMIT 1) d
    CROSS JOIN LATERAL (
      SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = (e.entry ->> 'account_id')::uuid LIMIT 1 FOR KEY SHARE
    ) a ORDER BY e.n
  ) s;
  FOR tree IN
    SELECT (p.one ->> 'root')::uuid AS root_id, jsonb_agg(p.one -> 'entry' ORDER BY (p.one ->> 'n')::int) AS entries
    FROM jsonb_array_elements(placed) p(one) GROUP BY 1 ORDER BY 1
  LOOP
    PERFORM chain_rows(tree.root_id, NULL, tree.entries);
  END LOOP;
  RETURN ARRAY(SELECT n FROM generate_series(1, jsonb_array_length(p_traces)) n WHERE n <> ALL (coalesce(written, '{}')));
END $$;
REVOKE ALL ON FUNCTION append_traces FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_traces TO tenantree_serve;

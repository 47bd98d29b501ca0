-- Writes what only leaves a trace, of whichever trees, with the tokens that some of it is about. No tree is locked for it: the accounts
-- first, by their keys, then the tokens, then the heads in the order of their trees.
--   answers with the positions, from 1, of those whose account is not there any more: of them nothing is written
CREATE OR REPLACE FUNCTION append_traces(p_traces jsonb) RETURNS int[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
DECLARE tree record; placed jsonb; written int[];
BEGIN
  -- Whoever erases or carries away one of the accounts waits for this, or is waited for.
  SELECT jsonb_agg(jsonb_build_object('n', s.n, 'root', s.root_id, 'token', s.token, 'entry', s.entry || jsonb_build_object(
      'path_key', s.path_key, 'shows', '{}'::uuid[], 'is_moved', false)) ORDER BY s.n), array_agg(s.n::int)
  INTO placed, written
  FROM (
    SELECT e.n, e.trace -> 'token' AS token, e.trace -> 'entry' AS entry, a.root_id, a.path_key
    FROM jsonb_array_elements(p_traces) WITH ORDINALITY e(trace, n)
    CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = (e.trace -> 'entry' ->> 'account_id')::uuid LIMIT 1) d
    CROSS JOIN LATERAL (
      SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = (e.trace -> 'entry' ->> 'account_id')::uuid LIMIT 1 FOR KEY SHARE
    ) a ORDER BY e.n
  ) s;
  INSERT INTO embed_tokens (root_id, account_id, id, key_id, origin, access, features, user_ref, token_hash, created_at, expires_at)
    SELECT (p.one ->> 'root')::uuid, t.account_id, t.id, t.key_id, t.origin, t.access, t.features, t.user_ref, t.token_hash, t.created_at, t.expires_at
    FROM jsonb_array_elements(placed) p(one) CROSS JOIN LATERAL jsonb_populate_record(NULL::embed_tokens, p.one -> 'token') t
    WHERE p.one -> 'token' <> 'null'::jsonb;
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

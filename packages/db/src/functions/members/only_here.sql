-- Of some people who are at a place, or in the subtree there: how many each account on the way down to it has nowhere else, in no account
-- that is not closed. One number for each account from the root to p_key. The place reaches to before p_end.
-- Keys are ordered, so that of all places outside of it the nearest before and the nearest after have most levels in common with it: two
-- look-ups a person tell from where upward they are there anyway, whatever the depth and however much else they are members of.
CREATE OR REPLACE FUNCTION only_here(p_root uuid, p_key bytea, p_end bytea, p_people uuid[]) RETURNS int[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH elsewhere AS (
    SELECT greatest(coalesce(shared_levels(p_key, before.path_key), -1), coalesce(shared_levels(p_key, after.path_key), -1)) AS level
    FROM unnest(p_people) p(id)
    LEFT JOIN LATERAL (
      SELECT m.path_key FROM members m JOIN accounts a ON a.root_id = m.root_id AND a.path_key = m.path_key
      WHERE m.user_id = p.id AND m.root_id = p_root AND m.path_key < p_key AND a.status <> 'closed' ORDER BY m.path_key DESC LIMIT 1
    ) before ON true
    LEFT JOIN LATERAL (
      SELECT m.path_key FROM members m JOIN accounts a ON a.root_id = m.root_id AND a.path_key = m.path_key
      WHERE m.user_id = p.id AND m.root_id = p_root AND m.path_key >= p_end AND a.status <> 'closed' ORDER BY m.path_key LIMIT 1
    ) after ON true
  )
  SELECT array_agg((SELECT count(*)::int FROM elsewhere e WHERE e.level < l.level) ORDER BY l.level)
  FROM generate_series(0, octet_length(p_key) / 16) l(level)
$$;
REVOKE ALL ON FUNCTION only_here FROM PUBLIC;

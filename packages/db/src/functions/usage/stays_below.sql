-- When which accounts stood at or below an account, between two instants. p_departed: also those that don't stand there now.
CREATE OR REPLACE FUNCTION stays_below(p_account uuid, p_from timestamptz, p_to timestamptz, p_departed boolean) RETURNS usage_stays
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH now_at AS MATERIALIZED (
    SELECT d.root_id, a.path_key FROM account_roots d
    CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a WHERE d.id = p_account
  ), present AS (
    SELECT a.id, a.placed_at AS since, 'infinity'::timestamptz AS until FROM now_at n
    JOIN accounts a ON a.root_id = n.root_id AND a.path_key >= n.path_key AND a.path_key < n.path_key || '\xff'::bytea
  ), places AS (
    SELECT root_id, path_key FROM now_at UNION SELECT root_id, path_key FROM past_placements WHERE account_id = p_account AND valid_to > p_from
  ), past AS (
    SELECT p.account_id, b.since, p.valid_to FROM places k
    JOIN past_placements p ON p.root_id = k.root_id AND p.path_key >= k.path_key AND p.path_key < k.path_key || '\xff'::bytea
    CROSS JOIN LATERAL (
      SELECT coalesce(max(b.valid_to), '-infinity') AS since FROM past_placements b WHERE b.account_id = p.account_id AND b.valid_to < p.valid_to
    ) b
    WHERE p.valid_to > p_from AND (p_departed OR EXISTS (
      SELECT FROM now_at n JOIN accounts a ON a.root_id = n.root_id AND a.path_key >= n.path_key AND a.path_key < n.path_key || '\xff'::bytea
      WHERE a.id = p.account_id))
  ), cut AS (
    SELECT s.id, greatest(s.since, p_from) AS since, least(s.until, p_to) AS until
    FROM (SELECT * FROM present UNION ALL SELECT * FROM past) s(id, since, until)
  )
  SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(since), '{}'), coalesce(array_agg(until), '{}') FROM cut WHERE since < until
$$;
REVOKE ALL ON FUNCTION stays_below FROM PUBLIC;

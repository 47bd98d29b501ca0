-- How the usage of an account of the acting subtree is paid for in a period, by the places that it stood at: who paid, by which plan (the last
-- one of the period: all of it is rated by that), and which books those on the way down had from the one above. Of accounts above the acting
-- one, too: what a markup is on, which nobody is told.
CREATE OR REPLACE FUNCTION sales_above(p_account uuid, p_from timestamptz, p_to timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  RETURN (
    WITH places AS (
      SELECT p.payer_id, p.root_id, p.path_key, p.valid_to FROM past_placements p WHERE p.account_id = p_account AND p.valid_to > p_from
      UNION ALL SELECT a.payer_id, a.root_id, a.path_key, 'infinity'
    ), spans AS (
      SELECT s.payer_id, path_of(s.root_id, s.path_key) AS path, greatest(s.since, p_from) AS since, least(s.valid_to, p_to) AS until
      FROM (SELECT p.*, coalesce(lag(p.valid_to) OVER (ORDER BY p.valid_to), '-infinity') AS since FROM places p) s
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object('from', s.since, 'to', s.until,
      'plan', (SELECT l.terms FROM subscriptions b JOIN plans l ON l.id = b.plan_id AND l.version = b.plan_version
        WHERE b.account_id = s.payer_id AND b.valid_from < p_to AND (b.valid_to IS NULL OR b.valid_to > p_from) ORDER BY b.valid_from DESC LIMIT 1),
      'books', (SELECT coalesce(jsonb_agg((
          SELECT coalesce(jsonb_agg(jsonb_build_object('from', g.valid_from, 'to', g.valid_to, 'terms', k.terms) ORDER BY g.valid_from), '[]')
          FROM book_assignments g JOIN books k ON k.account_id = g.account_id AND k.id = g.book_id AND k.version = g.book_version
          WHERE g.account_id = s.path[l.level - 1] AND g.customer_id = s.path[l.level] AND g.valid_from < s.until AND (g.valid_to IS NULL OR g.valid_to > s.since)
        ) ORDER BY l.level), '[]')
        FROM generate_series(coalesce(array_position(s.path, s.payer_id), 1) + 1, cardinality(s.path)) l(level))
      ) ORDER BY s.since), '[]')
    FROM spans s WHERE s.since < s.until
  );
END $$;
REVOKE ALL ON FUNCTION sales_above FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales_above TO tenantree_app;

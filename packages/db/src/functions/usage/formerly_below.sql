-- Which of some accounts stood below the acting one at an instant, and don't any more: who was above them then may still deliver usage of that
-- time. By id, or by external id: as accounts of the acting account's tree have it now, or else as those had it that left from below it.
CREATE OR REPLACE FUNCTION formerly_below(p_ids uuid[], p_external_ids text[], p_at timestamptz[]) RETURNS TABLE (n bigint, account_id uuid, root_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT q.n, d.id, d.root_id FROM unnest(p_ids, p_external_ids, p_at) WITH ORDINALITY q(id, external_id, at, n)
  CROSS JOIN LATERAL (SELECT r.id, r.root_id FROM account_roots r
    WHERE r.id = coalesce(q.id, (SELECT x.id FROM accounts x WHERE x.root_id = acting_root() AND x.external_id = q.external_id LIMIT 1),
      (SELECT g.accounts[array_position(g.external_ids, q.external_id)] FROM departures g
        CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = g.root_id AND x.id = g.account_id LIMIT 1) p
        WHERE g.root_id = acting_root() AND p.path_key >= acting_key() AND p.path_key < acting_end() AND q.external_id = ANY (g.external_ids)
        ORDER BY g.at DESC LIMIT 1)) LIMIT 1) d
  WHERE level_in(chain_at(d.id, q.at), acting_account()) IS NOT NULL
$$;
REVOKE ALL ON FUNCTION formerly_below FROM PUBLIC;
GRANT EXECUTE ON FUNCTION formerly_below TO tenantree_app;

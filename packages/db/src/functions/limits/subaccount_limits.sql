-- What bounds how many subaccounts there may be at some accounts of the acting account's tree, all of which stand below it or on the way down to
-- it: nothing where nobody in the tree has such a limit.
CREATE OR REPLACE FUNCTION subaccount_limits(p_accounts uuid[]) RETURNS TABLE (account_id uuid, name text, is_above boolean, cap numeric, reserve numeric, used numeric, held numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
  SELECT a.id, a.name, NOT (a.path_key >= acting_key() AND a.path_key < acting_end()), CASE WHEN b.at_limit = 'block' THEN b.cap END, coalesce(b.reserve, 0),
    a.subaccounts::numeric, coalesce((SELECT t.held FROM resource_totals t
      WHERE t.account_id = a.id AND t.resource = 'subaccounts' AND t.period = '-infinity' LIMIT 1), b.promised, 0)
  FROM unnest(p_accounts) n(id)
  CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = acting_root() AND x.id = n.id AND may_be_told(x.root_id, x.path_key) LIMIT 1) a
  LEFT JOIN LATERAL (SELECT x.* FROM limits x WHERE x.root_id = acting_root() AND x.account_id = a.id AND x.kind = 'subaccounts' LIMIT 1) b ON true
  WHERE EXISTS (SELECT FROM limits x WHERE x.root_id = acting_root() AND x.kind = 'subaccounts')
$$;
REVOKE ALL ON FUNCTION subaccount_limits FROM PUBLIC;
GRANT EXECUTE ON FUNCTION subaccount_limits TO tenantree_app;

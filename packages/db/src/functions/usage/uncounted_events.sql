-- The uncounted events of a tree with the chains of their instants; present: the account still stands there.
CREATE OR REPLACE FUNCTION uncounted_events(p_root uuid, p_meter text)
RETURNS TABLE (account_id uuid, quantity numeric, occurred_at timestamptz, chain bytea) LANGUAGE sql STABLE AS $$
  SELECT n.account_id, n.quantity, n.occurred_at,
    CASE WHEN n.occurred_at >= a.placed_at THEN uuid_send(a.root_id) || a.path_key ELSE public.chain_at(n.account_id, n.occurred_at) END
  FROM public.uncounted_usage w CROSS JOIN LATERAL unnest(w.accounts, w.quantities, w.occurred_at) n(account_id, quantity, occurred_at)
  LEFT JOIN LATERAL (SELECT root_id, path_key, placed_at FROM public.accounts WHERE root_id = p_root AND id = n.account_id LIMIT 1) a ON true
  WHERE w.root_id = p_root AND w.meter = p_meter
$$;
REVOKE ALL ON FUNCTION uncounted_events FROM PUBLIC;

-- What is noted of a tree and not folded yet.
CREATE OR REPLACE FUNCTION noted_quarters(p_root uuid, p_meter text) RETURNS TABLE (account_id uuid, quarter timestamptz, own numeric, total numeric)
LANGUAGE sql STABLE AS $$
  SELECT n.account_id, n.quarter, n.own, n.total FROM public.unfolded_quarters u
  CROSS JOIN LATERAL unnest(u.accounts, u.quarters, u.owns, u.totals) n(account_id, quarter, own, total)
  WHERE u.root_id = p_root AND u.meter = p_meter
$$;
REVOKE ALL ON FUNCTION noted_quarters FROM PUBLIC;

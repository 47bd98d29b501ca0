-- Adds to the roll-ups. A statement of its own, from lists: it touches no table that stays behind when these are distributed.
CREATE OR REPLACE FUNCTION add_to_quarters(p_meter text, p_accounts uuid[], p_quarters timestamptz[], p_owns numeric[], p_totals numeric[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO usage_quarters AS q (account_id, meter, quarter, own, total)
  SELECT u.account_id, p_meter, u.quarter, u.own, u.total FROM unnest(p_accounts, p_quarters, p_owns, p_totals) u(account_id, quarter, own, total)
  ORDER BY u.account_id, u.quarter
  ON CONFLICT (account_id, meter, quarter) DO UPDATE SET own = q.own + excluded.own, total = q.total + excluded.total;
END $$;
REVOKE ALL ON FUNCTION add_to_quarters FROM PUBLIC;

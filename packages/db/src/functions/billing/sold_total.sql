-- How much a customer of a seller used of a period, with all below it, as far as it is counted: its row of totals. But for one that was moved
-- inside the period, or has left: then it is summed up.
CREATE OR REPLACE FUNCTION sold_total(p_customer uuid, p_seller uuid, p_meter text, p_from timestamptz) RETURNS numeric
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM reached(p_seller);
  IF EXISTS (SELECT FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_customer AND a.parent_id = p_seller)
    AND NOT EXISTS (SELECT FROM past_placements p WHERE p.account_id = p_customer AND p.valid_to > p_from) THEN
    RETURN coalesce((SELECT t.total FROM usage_totals t WHERE t.account_id = p_customer AND t.meter = p_meter AND t.period = p_from), 0);
  END IF;
  RETURN billed_total(p_customer, p_seller, p_meter, p_from);
END $$;
REVOKE ALL ON FUNCTION sold_total FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sold_total TO tenantree_app;

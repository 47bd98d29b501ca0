-- How much the acting account pays for of a period so far. That is its row of totals, what is uncounted included: whatever was used below it
-- while it paid is in there, of accounts that left since, too. But for one that came to pay for itself inside the period.
CREATE OR REPLACE FUNCTION paid_total(p_payer uuid, p_meter text, p_from timestamptz) RETURNS numeric
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE paid numeric;
BEGIN
  PERFORM reached(p_payer);
  IF EXISTS (SELECT FROM past_placements p WHERE p.account_id = p_payer AND p.payer_id <> p_payer AND p.valid_to > p_from) THEN
    paid := billed_total(p_payer, NULL, p_meter, p_from);
  ELSE
    SELECT t.total INTO paid FROM usage_totals t WHERE t.account_id = p_payer AND t.meter = p_meter AND t.period = p_from;
  END IF;
  RETURN coalesce(paid, 0) + coalesce((uncounted_totals(p_meter, p_from, p_payer, 0, 0) -> p_payer::text ->> 1)::numeric, 0);
END $$;
REVOKE ALL ON FUNCTION paid_total FROM PUBLIC;
GRANT EXECUTE ON FUNCTION paid_total TO tenantree_app;

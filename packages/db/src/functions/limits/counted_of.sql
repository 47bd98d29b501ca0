-- What is counted in a billing period for some accounts, in their order; of kinds that have no period, nothing beside their counters.
CREATE OR REPLACE FUNCTION counted_of(p_kind text, p_period timestamptz, p_metered boolean, p_accounts uuid[]) RETURNS numeric[]
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF NOT p_metered THEN RETURN array_fill(0::numeric, ARRAY[cardinality(p_accounts)]); END IF;
  RETURN (SELECT array_agg(coalesce(c.total, 0) ORDER BY x.i) FROM unnest(p_accounts) WITH ORDINALITY x(id, i)
    LEFT JOIN LATERAL (SELECT q.total FROM usage_totals q WHERE q.account_id = x.id AND q.meter = p_kind AND q.period = p_period LIMIT 1) c ON true);
END $$;
REVOKE ALL ON FUNCTION counted_of FROM PUBLIC;

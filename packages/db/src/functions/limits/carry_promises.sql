-- Adds what an account is promised to what those above it promise (p_sign 1), or takes it from there (-1), as far up as it makes a difference.
--   p_chain  from the root down to the account
CREATE OR REPLACE FUNCTION carry_promises(p_root uuid, p_account uuid, p_chain uuid[], p_sign int) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE pledge record; above limits; more numeric; then_more numeric;
BEGIN
  FOR pledge IN SELECT b.kind, b.metered, greatest(b.reserve, b.promised) AS n, greatest(b.next_reserve, b.next_promised) AS then_n FROM limits b
    WHERE b.root_id = p_root AND b.account_id = p_account AND (b.reserve > 0 OR b.promised > 0 OR b.next_reserve > 0 OR b.next_promised > 0)
  LOOP
    more := p_sign * pledge.n;
    then_more := p_sign * pledge.then_n;
    FOR level IN REVERSE cardinality(p_chain) - 1 .. 1 LOOP
      EXIT WHEN more = 0 AND then_more = 0;
      INSERT INTO limits AS b (root_id, account_id, kind, metered, promised, next_promised)
        VALUES (p_root, p_chain[level], pledge.kind, pledge.metered, greatest(more, 0), greatest(then_more, 0))
        ON CONFLICT (root_id, account_id, kind) DO UPDATE SET promised = b.promised + more, next_promised = b.next_promised + then_more RETURNING b.* INTO above;
      more := greatest(above.reserve, above.promised) - greatest(above.reserve, above.promised - more);
      then_more := greatest(above.next_reserve, above.next_promised) - greatest(above.next_reserve, above.next_promised - then_more);
    END LOOP;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION carry_promises FROM PUBLIC;

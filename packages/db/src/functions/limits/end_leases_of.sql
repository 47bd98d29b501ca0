-- Ends all leases of an account, and gives back what they held. Behind begin_tree_change.
CREATE OR REPLACE FUNCTION end_leases_of(p_account uuid, p_version bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  a accounts := reached(p_account);
  chain uuid[] := path_of(a.root_id, a.path_key);
  lease record;
BEGIN
  FOR lease IN
    WITH del AS (DELETE FROM leases g WHERE g.root_id = a.root_id AND g.account_id = p_account RETURNING g.kind, g.period, g.n)
    SELECT d.kind, d.period, sum(d.n) AS n FROM del d GROUP BY 1, 2
  LOOP
    PERFORM add_to_totals(a.root_id, p_version, array_agg(c.id ORDER BY c.level DESC), array_agg(lease.kind),
      array_agg(CASE WHEN c.id = p_account THEN -lease.n ELSE 0 END ORDER BY c.level DESC), array_agg(-lease.n), array_agg(lease.period))
    FROM unnest(chain) WITH ORDINALITY c(id, level);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION end_leases_of FROM PUBLIC;

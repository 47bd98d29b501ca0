-- Whether a move of an account of the acting subtree would bring two transfers into one chain: one of it or below it, and one of the new parent or
-- above it.
CREATE OR REPLACE FUNCTION transfers_meet(p_account uuid, p_to uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account); b accounts := reached(p_to);
BEGIN
  RETURN EXISTS (SELECT FROM accounts x WHERE x.root_id = a.root_id AND x.transfer_until IS NOT NULL AND x.path_key >= a.path_key AND x.path_key < a.path_key || '\xff'::bytea)
    AND EXISTS (SELECT FROM unnest(path_of(b.root_id, b.path_key)) p(id)
      CROSS JOIN LATERAL (SELECT y.transfer_until FROM accounts y WHERE y.root_id = b.root_id AND y.id = p.id LIMIT 1) y WHERE y.transfer_until IS NOT NULL);
END $$;
REVOKE ALL ON FUNCTION transfers_meet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transfers_meet TO tenantree_app;

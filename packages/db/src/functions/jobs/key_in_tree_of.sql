-- What the key stands for by now that a job was asked for with (0013-places.ts).
CREATE OR REPLACE FUNCTION key_in_tree_of(p_account uuid, p_key uuid) RETURNS TABLE (
  root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
  scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT k.* FROM account_roots d CROSS JOIN LATERAL presented_key(d.root_id, p_key) k WHERE d.id = p_account
$$;
REVOKE ALL ON FUNCTION key_in_tree_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION key_in_tree_of TO tenantree_serve;

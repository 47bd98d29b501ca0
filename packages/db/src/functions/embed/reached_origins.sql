-- The list of origins that holds for an account that the acting one reaches, and whose it is; no row: none does.
CREATE OR REPLACE FUNCTION reached_origins(p_account uuid) RETURNS TABLE (account_id uuid, origins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.account_id, o.origins FROM reached(p_account) a CROSS JOIN LATERAL embed_origins_of(a.id) o
$$;
REVOKE ALL ON FUNCTION reached_origins FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reached_origins TO tenantree_app;

-- Binds a transaction to an acting account and a person: whatever is read or written in it, row-level security shows that account's
-- subtree and nothing else. Where the account stands is read here, so that nobody passes a stale place. One that isn't there (yet)
-- is a tree of its own: a main account is made as itself.
CREATE OR REPLACE FUNCTION bind_tenant(p_account uuid, p_user uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE place record;
BEGIN
  SELECT a.root_id, a.path_key INTO place FROM account_roots d CROSS JOIN LATERAL (
    SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a WHERE d.id = p_account;
  PERFORM set_config('tenantree.account', p_account::text, true), set_config('tenantree.user', coalesce(p_user::text, ''), true),
    set_config('tenantree.root', coalesce(place.root_id, p_account)::text, true),
    set_config('tenantree.key', coalesce(encode(place.path_key, 'hex'), ''), true);
END $$;
REVOKE ALL ON FUNCTION bind_tenant FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bind_tenant TO tenantree_app;

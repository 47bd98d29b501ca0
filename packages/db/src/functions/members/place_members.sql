-- Takes the members of some accounts along to where those stand now.
CREATE OR REPLACE FUNCTION place_members(p_root uuid, p_accounts uuid[]) RETURNS void
LANGUAGE sql SET plan_cache_mode = force_custom_plan SET search_path = public, pg_temp AS $$
  UPDATE members m SET path_key = (SELECT a.path_key FROM accounts a WHERE a.root_id = p_root AND a.id = m.account_id)
  WHERE m.root_id = p_root AND m.account_id = ANY (p_accounts)
$$;
REVOKE ALL ON FUNCTION place_members FROM PUBLIC;

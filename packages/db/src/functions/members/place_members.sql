-- Takes the members of some accounts, all of one subtree, along to where its top stands now: what their keys say from there on down stays. No
-- account is read: of a tree that is younger than the statistics all of them were, for each member. And not planned anew for each call,
-- whoever calls it: that would hold for the checks of foreign keys, too, which every row has that came to another tree just now, and they
-- read all accounts then (minutes, of 10 000).
--   p_key  where the top stands now
CREATE OR REPLACE FUNCTION place_members(p_root uuid, p_accounts uuid[], p_top uuid, p_key bytea) RETURNS void
LANGUAGE sql SET plan_cache_mode = auto SET search_path = public, pg_temp AS $$
  -- The key of a main account doesn't name it.
  UPDATE members m SET path_key = p_key || substr(m.path_key, coalesce(level_in(m.path_key, p_top), 0) * 16 + 1)
  WHERE m.root_id = p_root AND m.account_id = ANY (p_accounts)
    AND m.path_key <> p_key || substr(m.path_key, coalesce(level_in(m.path_key, p_top), 0) * 16 + 1)
$$;
REVOKE ALL ON FUNCTION place_members FROM PUBLIC;

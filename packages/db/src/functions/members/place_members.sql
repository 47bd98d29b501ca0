-- Takes the members of some accounts along to where those stand now. As a join of lists: of a tree that is younger than the statistics, where
-- one row is expected, its accounts were read anew for each member. And not planned anew for each call, whoever calls it: that would hold for
-- the checks of foreign keys, too, which every row has that came to another tree just now; they read all accounts then (minutes, of 10 000).
CREATE OR REPLACE FUNCTION place_members(p_root uuid, p_accounts uuid[]) RETURNS void
LANGUAGE sql SET enable_nestloop = off SET plan_cache_mode = auto SET search_path = public, pg_temp AS $$
  UPDATE members m SET path_key = a.path_key FROM accounts a
  WHERE m.root_id = p_root AND m.account_id = ANY (p_accounts) AND a.root_id = p_root AND a.id = m.account_id
$$;
REVOKE ALL ON FUNCTION place_members FROM PUBLIC;

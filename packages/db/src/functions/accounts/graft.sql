-- Hangs a whole subtree under the accounts above it, its members along with it (p_sign 1), or takes its totals away from there (-1).
-- Closed accounts count as none, and people as one wherever else they are.
CREATE OR REPLACE FUNCTION graft(a accounts, p_version bigint, p_sign int) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  chain uuid[] := path_of(a.root_id, a.path_key);
  live int := CASE WHEN a.status = 'closed' THEN 0 ELSE 1 END;
  -- As a list: joined, the members of a tree that is younger than the statistics were read anew for every account.
  ids uuid[] := ARRAY(SELECT s.id FROM accounts s
    WHERE s.root_id = a.root_id AND s.path_key >= a.path_key AND s.path_key < a.path_key || '\xff'::bytea);
  people int[];
BEGIN
  IF p_sign = 1 THEN PERFORM place_members(a.root_id, ids); END IF;
  IF live = 1 AND a.total_members > 0 THEN
    people := only_here(a.root_id, a.path_key, a.path_key || '\xff'::bytea, ARRAY(
      SELECT DISTINCT m.user_id FROM members m
      WHERE m.root_id = a.root_id AND m.account_id = ANY (ids)
        AND (SELECT s.status FROM accounts s WHERE s.root_id = a.root_id AND s.id = m.account_id) <> 'closed'));
  END IF;
  FOR i IN REVERSE cardinality(chain) - 1..1 LOOP
    UPDATE accounts SET
      children = children + CASE WHEN id = a.parent_id THEN p_sign * live ELSE 0 END,
      subaccounts = subaccounts + p_sign * (a.subaccounts + live),
      total_members = total_members + p_sign * coalesce(people[i], 0),
      total_agents = total_agents + p_sign * a.total_agents,
      version = p_version
    WHERE root_id = a.root_id AND id = chain[i];
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION graft FROM PUBLIC;

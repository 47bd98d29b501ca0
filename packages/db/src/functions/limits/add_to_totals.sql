-- Adds to what some accounts of a tree have of resources: the only writer of these numbers. The columns of accounts are copies, which lists
-- read. Behind begin_tree_change.
--   p_accounts, p_resources  deepest account first, each pair once: in this order the rows are locked
--   p_owns, p_totals         what comes to each, or goes where negative. None may end below nothing.
-- Its statements are looked up by keys alone: planned once, also where the caller plans its own anew each time (a third of the cost).
CREATE OR REPLACE FUNCTION add_to_totals(p_root uuid, p_version bigint, p_accounts uuid[], p_resources text[], p_owns bigint[], p_totals bigint[])
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = auto SET enable_seqscan = off AS $$
DECLARE
  counted resource_totals[];
  fault resource_totals;
  seen record;
BEGIN
  WITH written AS (
    INSERT INTO resource_totals AS t (root_id, account_id, resource, own, total)
    SELECT p_root, u.account_id, u.resource, u.own, u.total
    FROM unnest(p_accounts, p_resources, p_owns, p_totals) WITH ORDINALITY u(account_id, resource, own, total, i)
    WHERE u.own <> 0 OR u.total <> 0 ORDER BY u.i
    ON CONFLICT (root_id, account_id, resource, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total
    RETURNING t AS new
  )
  SELECT array_agg(w.new) INTO counted FROM written w;
  SELECT c.* INTO fault FROM unnest(counted) c WHERE c.own < 0 OR c.total < c.own LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'account % would have % of %, and % with what is below it', fault.account_id, fault.own, fault.resource, fault.total
      USING ERRCODE = 'check_violation';
  END IF;
  -- One by one, each by its key: as a join, a tree that is younger than its statistics was read whole.
  FOR seen IN
    SELECT n.id,
      max(n.own) FILTER (WHERE n.resource = 'subaccounts') AS children, max(n.total) FILTER (WHERE n.resource = 'subaccounts') AS subaccounts,
      max(n.own) FILTER (WHERE n.resource = 'members') AS own_members, max(n.total) FILTER (WHERE n.resource = 'members') AS total_members,
      max(n.own) FILTER (WHERE n.resource = 'agents') AS own_agents, max(n.total) FILTER (WHERE n.resource = 'agents') AS total_agents
    FROM (
      SELECT u.id, u.i, NULL AS resource, NULL::bigint AS own, NULL::bigint AS total FROM unnest(p_accounts) WITH ORDINALITY u(id, i)
      UNION ALL SELECT c.account_id, NULL, c.resource, c.own, c.total FROM unnest(counted) c
    ) n GROUP BY n.id ORDER BY min(n.i)
  LOOP
    UPDATE accounts SET
      children = coalesce(seen.children, children), subaccounts = coalesce(seen.subaccounts, subaccounts),
      own_members = coalesce(seen.own_members, own_members), total_members = coalesce(seen.total_members, total_members),
      own_agents = coalesce(seen.own_agents, own_agents), total_agents = coalesce(seen.total_agents, total_agents),
      version = p_version
    WHERE root_id = p_root AND id = seen.id;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION add_to_totals FROM PUBLIC;

-- Adds to what some accounts of a tree have of resources: the writer of these numbers for whatever is no lease. The columns of accounts are
-- copies, which lists read. Behind begin_tree_change. Where something is limited, what is held follows, and what no maximum lets through is
-- refused: nothing of the change is kept then.
--   p_accounts, p_resources  deepest account first, each pair once: in this order the rows are locked
--   p_owns, p_totals         what comes to each, or goes where negative. None may end below nothing.
--   p_periods                of which period each is; null: of none
--   p_helds                  what is held more than before because of accounts that are not in the list
--   p_unasked                accounts whose maximum is not asked: they had it before
-- Its statements are looked up by keys alone: planned once, also where the caller plans its own anew each time (a third of the cost).
CREATE OR REPLACE FUNCTION add_to_totals(p_root uuid, p_version bigint, p_accounts uuid[], p_resources text[], p_owns numeric[], p_totals numeric[],
  p_periods timestamptz[] DEFAULT NULL, p_helds numeric[] DEFAULT NULL, p_unasked uuid[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = auto SET enable_seqscan = off AS $$
DECLARE
  limited boolean := EXISTS (SELECT FROM limits WHERE root_id = p_root);
  counted resource_totals[];
  fault resource_totals;
  seen record;
BEGIN
  WITH written AS (
    INSERT INTO resource_totals AS t (root_id, account_id, resource, period, own, total, held)
    SELECT p_root, u.account_id, u.resource, coalesce(u.period, '-infinity'), u.own, u.total, CASE WHEN limited THEN coalesce(
      (SELECT b.promised FROM limits b WHERE b.root_id = p_root AND b.account_id = u.account_id AND b.kind = u.resource LIMIT 1), 0) ELSE 0 END
    FROM unnest(p_accounts, p_resources, p_owns, p_totals, p_periods) WITH ORDINALITY u(account_id, resource, own, total, period, i)
    WHERE limited OR u.own <> 0 OR u.total <> 0 ORDER BY u.i
    ON CONFLICT (root_id, account_id, resource, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total
    RETURNING t AS new
  )
  SELECT array_agg(w.new) INTO counted FROM written w;
  SELECT c.* INTO fault FROM unnest(counted) c WHERE c.own < 0 OR c.total < c.own LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'account % would have % of %, and % with what is below it', fault.account_id, trim_scale(fault.own), fault.resource, trim_scale(fault.total)
      USING ERRCODE = 'check_violation';
  END IF;
  IF limited AND cardinality(p_accounts) > 0 THEN PERFORM keep_limits(p_root, p_accounts, p_resources, p_totals, p_periods, p_helds, p_unasked); END IF;
  -- One by one, each by its key: as a join, a tree that is younger than its statistics was read whole.
  FOR seen IN
    SELECT n.id,
      max(n.own) FILTER (WHERE n.resource = 'subaccounts') AS children, max(n.total) FILTER (WHERE n.resource = 'subaccounts') AS subaccounts,
      max(n.own) FILTER (WHERE n.resource = 'members') AS own_members, max(n.total) FILTER (WHERE n.resource = 'members') AS total_members,
      max(n.own) FILTER (WHERE n.resource = 'agents') AS own_agents, max(n.total) FILTER (WHERE n.resource = 'agents') AS total_agents
    FROM (
      SELECT u.id, u.i, NULL AS resource, NULL::numeric AS own, NULL::numeric AS total FROM unnest(p_accounts) WITH ORDINALITY u(id, i)
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

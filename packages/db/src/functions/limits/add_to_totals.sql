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
  ids uuid[]; children_now int[]; subaccounts_now int[]; own_members_now int[]; total_members_now int[]; own_agents_now int[]; total_agents_now int[];
BEGIN
  WITH written AS (
    INSERT INTO resource_totals AS t (account_id, resource, period, own, total, held)
    SELECT u.account_id, u.resource, coalesce(u.period, '-infinity'), u.own, u.total, CASE WHEN limited THEN coalesce(
      (SELECT b.promised FROM limits b WHERE b.root_id = p_root AND b.account_id = u.account_id AND b.kind = u.resource LIMIT 1), 0) ELSE 0 END
    FROM unnest(p_accounts, p_resources, p_owns, p_totals, p_periods) WITH ORDINALITY u(account_id, resource, own, total, period, i)
    WHERE limited OR u.own <> 0 OR u.total <> 0 ORDER BY u.i
    ON CONFLICT (account_id, resource, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total
    RETURNING t AS new
  )
  SELECT array_agg(w.new) INTO counted FROM written w;
  SELECT c.* INTO fault FROM unnest(counted) c WHERE c.own < 0 OR c.total < c.own LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'account % would have % of %, and % with what is below it', fault.account_id, trim_scale(fault.own), fault.resource, trim_scale(fault.total)
      USING ERRCODE = 'check_violation';
  END IF;
  IF limited AND cardinality(p_accounts) > 0 THEN PERFORM keep_limits(p_root, p_accounts, p_resources, p_totals, p_periods, p_helds, p_unasked); END IF;
  SELECT array_agg(n.account_id), array_agg(n.children), array_agg(n.subaccounts), array_agg(n.own_members), array_agg(n.total_members),
    array_agg(n.own_agents), array_agg(n.total_agents)
  INTO ids, children_now, subaccounts_now, own_members_now, total_members_now, own_agents_now, total_agents_now
  FROM (
    SELECT c.account_id, max(c.own) FILTER (WHERE c.resource = 'subaccounts') AS children, max(c.total) FILTER (WHERE c.resource = 'subaccounts') AS subaccounts,
      max(c.own) FILTER (WHERE c.resource = 'members') AS own_members, max(c.total) FILTER (WHERE c.resource = 'members') AS total_members,
      max(c.own) FILTER (WHERE c.resource = 'agents') AS own_agents, max(c.total) FILTER (WHERE c.resource = 'agents') AS total_agents
    FROM unnest(counted) c GROUP BY c.account_id
  ) n;
  -- By a list of keys: as a join, a tree that is younger than its statistics was read whole.
  UPDATE accounts SET
    children = coalesce(children_now[array_position(ids, id)], children), subaccounts = coalesce(subaccounts_now[array_position(ids, id)], subaccounts),
    own_members = coalesce(own_members_now[array_position(ids, id)], own_members), total_members = coalesce(total_members_now[array_position(ids, id)], total_members),
    own_agents = coalesce(own_agents_now[array_position(ids, id)], own_agents), total_agents = coalesce(total_agents_now[array_position(ids, id)], total_agents),
    version = p_version
  WHERE root_id = p_root AND id = ANY (p_accounts);
END $$;
REVOKE ALL ON FUNCTION add_to_totals FROM PUBLIC;

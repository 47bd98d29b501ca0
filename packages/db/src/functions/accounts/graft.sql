-- Hangs a whole subtree under the accounts above it (p_sign 1), or takes it away from there (-1): all that is counted of it, and its members
-- along with it. Closed accounts count as nothing, and people as one wherever else they are.
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
  -- Whatever is counted without a period goes along. An account is one of its parent's own subaccounts itself.
  PERFORM add_to_totals(a.root_id, p_version, array_agg(g.id ORDER BY g.level DESC), array_agg(g.resource ORDER BY g.level DESC),
    array_agg(g.own ORDER BY g.level DESC), array_agg(g.total ORDER BY g.level DESC)) FROM (
    SELECT c.id, c.level, r.resource,
      CASE WHEN r.resource = 'subaccounts' AND c.id = a.parent_id THEN p_sign * live ELSE 0 END::bigint AS own,
      p_sign * live * CASE r.resource
        WHEN 'subaccounts' THEN r.total + 1 WHEN 'members' THEN coalesce(people[c.level], 0) ELSE r.total END AS total
    FROM unnest(chain) WITH ORDINALITY c(id, level)
    CROSS JOIN (
      SELECT 'subaccounts' AS resource, a.subaccounts::bigint AS total
      UNION ALL SELECT t.resource, t.total FROM resource_totals t
        WHERE t.root_id = a.root_id AND t.account_id = a.id AND t.period = '-infinity' AND t.resource <> 'subaccounts'
    ) r
    WHERE c.level < cardinality(chain)
  ) g;
END $$;
REVOKE ALL ON FUNCTION graft FROM PUBLIC;

-- Hangs a whole subtree under the accounts above it (p_sign 1), or takes it away from there (-1): all that is counted of it. Closed accounts
-- count as nothing, and people as one wherever else they are.
--   p_unasked  accounts above it that had it before, and are not asked whether it fits
CREATE OR REPLACE FUNCTION graft(a accounts, p_version bigint, p_sign int, p_unasked uuid[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  chain uuid[] := path_of(a.root_id, a.path_key);
  live int := CASE WHEN a.status = 'closed' THEN 0 ELSE 1 END;
  open_ids uuid[];
  people int[];
  pledged boolean := EXISTS (SELECT FROM limits b WHERE b.root_id = a.root_id AND b.account_id = a.id AND (b.reserve > 0 OR b.promised > 0 OR b.next_reserve > 0 OR b.next_promised > 0));
BEGIN
  -- Who is here and nowhere else, for whoever is above. As lists: joined, the members of a tree that is younger than the statistics were read anew
  -- for every account, or its accounts for every member.
  IF live = 1 AND a.total_members > 0 AND cardinality(chain) > 1 THEN
    open_ids := ARRAY(SELECT s.id FROM accounts s
      WHERE s.root_id = a.root_id AND s.path_key >= a.path_key AND s.path_key < a.path_key || '\xff'::bytea AND s.status <> 'closed');
    people := only_here(a.root_id, a.path_key, a.path_key || '\xff'::bytea, ARRAY(
      SELECT DISTINCT m.user_id FROM members m WHERE m.root_id = a.root_id AND m.account_id = ANY (open_ids)));
  END IF;
  -- Who was promised something has a counter of it, and so have those above: what is held there goes along with it.
  IF pledged AND live = 1 THEN
    PERFORM touch_totals(a.root_id, b.kind, CASE WHEN b.metered THEN month_start(month_of(clock_timestamp())) ELSE '-infinity' END,
      ARRAY(SELECT c.id FROM unnest(chain) WITH ORDINALITY c(id, level) ORDER BY c.level DESC))
    FROM limits b WHERE b.root_id = a.root_id AND b.account_id = a.id AND (b.reserve > 0 OR b.promised > 0);
  END IF;
  -- Whatever is counted goes along: of a period what is granted and not used yet, for what is used stays where it was used. An account is one
  -- of its parent's own subaccounts itself. What those above keep for it they keep for it no more, or from now on.
  PERFORM add_to_totals(a.root_id, p_version, array_agg(g.id ORDER BY g.level DESC), array_agg(g.resource ORDER BY g.level DESC),
    array_agg(g.own ORDER BY g.level DESC), array_agg(g.total ORDER BY g.level DESC), array_agg(g.period ORDER BY g.level DESC), array_agg(g.held ORDER BY g.level DESC), p_unasked) FROM (
    SELECT c.id, c.level, r.resource, r.period,
      CASE WHEN r.resource = 'subaccounts' AND c.id = a.parent_id THEN p_sign * live ELSE 0 END::numeric AS own,
      p_sign * live * CASE r.resource
        WHEN 'subaccounts' THEN r.total + 1 WHEN 'members' THEN coalesce(people[c.level], 0) ELSE r.total END AS total,
      CASE WHEN c.id = a.parent_id THEN p_sign * live * r.held ELSE 0 END AS held
    FROM unnest(chain) WITH ORDINALITY c(id, level)
    CROSS JOIN (
      SELECT 'subaccounts' AS resource, '-infinity'::timestamptz AS period, a.subaccounts::numeric AS total, coalesce((
        SELECT greatest(coalesce(b.reserve, 0), t.total + t.held) - t.total FROM resource_totals t LEFT JOIN limits b ON b.root_id = a.root_id AND b.account_id = t.account_id AND b.kind = t.resource
        WHERE t.account_id = a.id AND t.resource = 'subaccounts' AND t.period = '-infinity'), 0) AS held
      UNION ALL SELECT t.resource, t.period, t.total, greatest(coalesce(b.reserve, 0), t.total + t.held + coalesce(q.total, 0)) - t.total - coalesce(q.total, 0)
        FROM resource_totals t
        LEFT JOIN LATERAL (SELECT x.reserve, x.metered FROM limits x WHERE x.root_id = a.root_id AND x.account_id = t.account_id AND x.kind = t.resource LIMIT 1) b ON true
        LEFT JOIN LATERAL (SELECT x.total FROM usage_totals x WHERE x.account_id = t.account_id AND x.meter = t.resource AND x.period = t.period LIMIT 1) q ON b.metered
        WHERE t.account_id = a.id AND t.resource <> 'subaccounts' AND (t.period = '-infinity' OR t.total <> 0 OR t.held <> 0 OR b.reserve > 0)
    ) r
    WHERE c.level < cardinality(chain)
  ) g;
  -- What they promise, too: an account costs its parent its own reserve, or what it promises itself where that is more.
  IF pledged AND live = 1 THEN PERFORM carry_promises(a.root_id, a.id, chain, p_sign); END IF;
END $$;
REVOKE ALL ON FUNCTION graft FROM PUBLIC;

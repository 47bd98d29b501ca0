-- Writes a limit of an account as the domain decided it, and what those above it promise and hold from then on. Behind begin_tree_change.
--   p_accounts  the account first, then those above it of which anything changes, each with what it is from now on
--   p_period    of which what is held is: that of metered kinds, otherwise none
--   p_plan_cap  what its plan allows of it at the most; null: no plan bounds it
--   p_next_…    the same from the next period on; p_next_from is null where that is no other
CREATE OR REPLACE FUNCTION write_limit(p_account uuid, p_kind text, p_metered boolean, p_period timestamptz, p_cap numeric, p_plan_cap numeric, p_reserve numeric, p_at_limit text, p_thresholds smallint[],
  p_version int, p_fired smallint, p_above uuid[], p_promised numeric[], p_held numeric[], p_next_reserve numeric, p_next_from timestamptz, p_next_promised numeric[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  IF NOT (p_above <@ path_of(a.root_id, a.path_key)) THEN
    RAISE EXCEPTION 'what a limit of account % changes stands above it', p_account USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO limits (root_id, account_id, kind, metered, cap, plan_cap, reserve, at_limit, thresholds, version, next_reserve, next_from)
    VALUES (a.root_id, p_account, p_kind, p_metered, p_cap, p_plan_cap, p_reserve, p_at_limit, p_thresholds, p_version, p_next_reserve, p_next_from)
    ON CONFLICT (root_id, account_id, kind) DO UPDATE SET cap = excluded.cap, plan_cap = excluded.plan_cap, reserve = excluded.reserve, at_limit = excluded.at_limit,
      thresholds = excluded.thresholds, version = excluded.version,
      next_reserve = excluded.next_reserve,
      next_from = CASE WHEN excluded.next_from IS NOT NULL THEN least(limits.next_from, excluded.next_from) END;
  -- Who remembers what limits accounts reads it again (places_in_tree).
  UPDATE tree_versions SET shape = shape + 1 WHERE root_id = a.root_id;
  -- A counter first comes to be with what is promised: what is held is written to those that are there, and to those that have to be.
  PERFORM touch_totals(a.root_id, p_kind, p_period, p_account || p_above);
  INSERT INTO limits AS b (root_id, account_id, kind, metered, promised, next_promised)
    SELECT a.root_id, u.id, p_kind, p_metered, u.promised, u.next_promised FROM unnest(p_above, p_promised, p_next_promised) u(id, promised, next_promised)
    ON CONFLICT (root_id, account_id, kind) DO UPDATE SET promised = excluded.promised, next_promised = excluded.next_promised;
  UPDATE resource_totals r SET held = u.held FROM unnest(p_above, p_held) u(id, held)
    WHERE r.account_id = u.id AND r.resource = p_kind AND r.period = p_period;
  UPDATE resource_totals r SET fired = p_fired
    WHERE r.account_id = p_account AND r.resource = p_kind AND r.period = p_period;
  IF p_metered THEN
    PERFORM mark_limits(a.root_id, ARRAY[p_account], p_kind, p_period,
      ARRAY[coalesce((SELECT q.total FROM usage_totals q WHERE q.account_id = p_account AND q.meter = p_kind AND q.period = p_period), 0)]);
    UPDATE usage_totals q SET tells_at = 0 WHERE q.account_id = p_account AND q.meter = p_kind AND q.period >= p_period;
  END IF;
END $$;
REVOKE ALL ON FUNCTION write_limit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION write_limit TO tenantree_app;

-- Brings the minutes of a tree's sort rows up to what is counted: those that the log of changes lists since the version that they are of,
-- and those that whoever counted knows of. Where neither tells all that changed, rows are behind. One server at a time; no tree change
-- meanwhile, as when usage is counted.
--   p_accounts  accounts whose totals changed; p_versions: those of whose changes are all among them, listed or not
--   false: it is not the time for it, try again
CREATE OR REPLACE FUNCTION settle_sort(p_root uuid, p_period timestamptz, p_versions bigint[], p_accounts uuid[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET lock_timeout = '10s' AS $$
DECLARE settled bigint; present bigint;
BEGIN
  SELECT version INTO settled FROM sorted_trees WHERE root_id = p_root FOR UPDATE SKIP LOCKED;
  IF NOT FOUND OR NOT pg_try_advisory_xact_lock_shared(hashtextextended(p_root::text, 0)) THEN RETURN false; END IF;
  SELECT version INTO present FROM tree_versions WHERE root_id = p_root;
  UPDATE account_sort_minutes s SET minutes = sort_key(t.total)
  FROM (SELECT unnest(p_accounts) AS id UNION SELECT unnest(accounts) FROM tree_changes
    WHERE root_id = p_root AND version > settled AND version <= present AND kind <> 'accounts') c
  JOIN usage_totals t ON t.account_id = c.id AND t.meter = 'call.seconds' AND t.period = p_period
  WHERE s.account_id = c.id AND s.minutes <> sort_key(t.total)
    AND EXISTS (SELECT 1 FROM sorted_parents p WHERE p.root_id = p_root AND p.account_id = s.parent_id AND p.period = p_period);
  -- The log has no hole: as long as it begins at the next version or before, it has all that changed; NULL are more than it lists.
  IF present > settled AND (NOT EXISTS (SELECT 1 FROM tree_changes WHERE root_id = p_root AND version <= settled + 1)
    OR EXISTS (SELECT 1 FROM tree_changes WHERE root_id = p_root AND version > settled AND version <= present AND kind <> 'accounts'
      AND accounts IS NULL AND version <> ALL (p_versions)))
  THEN
    UPDATE sorted_parents SET is_behind = true WHERE root_id = p_root AND NOT is_behind;
  END IF;
  UPDATE sorted_trees SET version = present WHERE root_id = p_root AND version < present;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION settle_sort FROM PUBLIC;
GRANT EXECUTE ON FUNCTION settle_sort TO tenantree_serve;

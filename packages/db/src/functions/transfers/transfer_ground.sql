-- What a transfer of an account of the acting subtree is decided by, beside itself: the time of the database, when the account or anything
-- below it was last placed, and who is in a transfer above or below it. Behind the lock of the tree.
CREATE OR REPLACE FUNCTION transfer_ground(
  p_account uuid, OUT at timestamptz, OUT placed_at timestamptz, OUT ancestor_id uuid, OUT ancestor_name text, OUT nested jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  at := clock_timestamp();
  SELECT max(x.placed_at) INTO placed_at FROM accounts x
    WHERE x.root_id = a.root_id AND x.path_key >= a.path_key AND x.path_key < a.path_key || '\xff'::bytea;
  SELECT x.id, x.name INTO ancestor_id, ancestor_name
    FROM generate_series(0, octet_length(a.path_key) / 16 - 1) level
    CROSS JOIN LATERAL (SELECT y.id, y.name, y.transfer_until FROM accounts y WHERE y.root_id = a.root_id AND y.path_key = substr(a.path_key, 1, level * 16) LIMIT 1) x
    WHERE x.transfer_until IS NOT NULL LIMIT 1;
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'name', n.name)), '[]') INTO nested FROM (
    SELECT x.id, x.name FROM accounts x WHERE x.root_id = a.root_id AND x.transfer_until IS NOT NULL AND x.path_key > a.path_key
      AND x.path_key < a.path_key || '\xff'::bytea ORDER BY x.path_key LIMIT 20) n;
END $$;
REVOKE ALL ON FUNCTION transfer_ground FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transfer_ground TO tenantree_app;

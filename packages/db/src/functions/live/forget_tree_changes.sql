-- Forgets what was noted longer ago than that, always from the beginning of a tree's notes: what is kept has no hole. Servers that come together leave it to one of them.
CREATE OR REPLACE FUNCTION forget_tree_changes(p_kept interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('forget_tree_changes', 0)) THEN RETURN; END IF;
  DELETE FROM tree_changes c
    USING (SELECT root_id, max(version) AS version FROM tree_changes WHERE at <= clock_timestamp() - p_kept GROUP BY root_id) old
    WHERE c.root_id = old.root_id AND c.version <= old.version;
END $$;
REVOKE ALL ON FUNCTION forget_tree_changes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_tree_changes TO tenantree_serve;

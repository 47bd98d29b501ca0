-- Forgets what was noted longer ago than that, always from the beginning of a tree's notes: what is kept has no hole. Where an account
-- left from is of use only with the notes of its time. Servers that come together leave it to one of them.
CREATE OR REPLACE FUNCTION forget_tree_changes(p_kept interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('forget_tree_changes', 0)) THEN RETURN; END IF;
  DELETE FROM tree_changes c
    USING (SELECT root_id, max(version) AS version FROM tree_changes WHERE at <= clock_timestamp() - p_kept GROUP BY root_id) old
    WHERE c.root_id = old.root_id AND c.version <= old.version;
  DELETE FROM departures d
    WHERE NOT EXISTS (SELECT 1 FROM tree_changes c WHERE c.root_id = d.root_id AND c.version <= d.version);
END $$;
REVOKE ALL ON FUNCTION forget_tree_changes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_tree_changes TO tenantree_serve;

-- Adds what counts noted of one tree to its roll-ups, of a tree that nobody else is folding. Whether there was one.
CREATE OR REPLACE FUNCTION fold_quarters() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB' SET lock_timeout = '2s' AS $$
DECLARE tree record;
BEGIN
  FOR tree IN SELECT DISTINCT u.root_id FROM unfolded_quarters u LOOP
    CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended(tree.root_id::text, 2));
    PERFORM fold_tree(tree.root_id);
    RETURN true;
  END LOOP;
  RETURN false;
END $$;
REVOKE ALL ON FUNCTION fold_quarters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fold_quarters TO tenantree_serve;

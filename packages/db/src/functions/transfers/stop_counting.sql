-- Nobody counts usage of the acting account's tree until the transaction ends. Before begin_tree_change: whoever counts takes the locks in this order.
CREATE OR REPLACE FUNCTION stop_counting(p_root uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM is_own_tree(p_root);
  PERFORM pg_advisory_xact_lock(hashtextextended(p_root::text, 1));
END $$;
REVOKE ALL ON FUNCTION stop_counting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stop_counting TO tenantree_app;

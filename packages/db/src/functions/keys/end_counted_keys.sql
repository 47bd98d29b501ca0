-- Keys of the acting account's tree whose time is over count no more. Behind begin_tree_change.
CREATE OR REPLACE FUNCTION end_counted_keys(p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE ended uuid[];
BEGIN
  WITH over AS (
    UPDATE api_keys k SET counted = false WHERE k.root_id = acting_root() AND k.counted AND k.expires_at <= p_now RETURNING k.account_id
  )
  SELECT coalesce(array_agg(o.account_id), '{}') INTO ended FROM over o;
  PERFORM count_fewer_keys(acting_root(), ended);
END $$;
REVOKE ALL ON FUNCTION end_counted_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_counted_keys TO tenantree_app;

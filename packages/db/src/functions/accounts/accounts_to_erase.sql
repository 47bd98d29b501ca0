-- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it.
CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT a.id, a.root_id, a.name FROM accounts a
  WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
    AND (acting_root() IS NULL OR (a.root_id = acting_root() AND a.path_key >= acting_key() AND a.path_key < acting_end()))
    AND (SELECT true FROM accounts c WHERE c.root_id = a.root_id AND c.parent_id = a.id LIMIT 1) IS NULL
    AND (SELECT true FROM uncounted_usage u WHERE u.root_id = a.root_id LIMIT 1) IS NULL
  ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION accounts_to_erase FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_to_erase TO tenantree_app, tenantree_serve;

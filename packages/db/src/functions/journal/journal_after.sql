-- What rows after a number mean to those who watch: ids, and nothing of what they say.
CREATE OR REPLACE FUNCTION journal_after(p_root uuid, p_seq bigint, p_limit int)
RETURNS TABLE (seq bigint, version bigint, shows uuid[], is_moved boolean, rights jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT j.seq, j.version, j.shows, j.is_moved, j.rights FROM journal j WHERE j.root_id = p_root AND j.seq > p_seq ORDER BY j.seq LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION journal_after FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_after TO tenantree_serve;

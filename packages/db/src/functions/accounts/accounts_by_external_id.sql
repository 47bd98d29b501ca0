-- Accounts with an external id that a person may know: a membership of theirs stands on the path, below p_within if given. Asked tree by
-- tree of the person's, however many others use the same external id.
CREATE OR REPLACE FUNCTION accounts_by_external_id(p_external_id text, p_user uuid, p_within uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT a.id FROM (
    SELECT t.root_id FROM trees_of(p_user) t WHERE p_within IS NULL
    UNION ALL SELECT d.root_id FROM account_roots d WHERE d.id = p_within
  ) t
  CROSS JOIN LATERAL (
    SELECT x.id, x.root_id, x.path_key FROM accounts x WHERE x.root_id = t.root_id AND x.external_id = p_external_id LIMIT 1
  ) a
  WHERE may_be_told(a.root_id, a.path_key) AND (p_within IS NULL OR p_within = ANY (path_of(a.root_id, a.path_key)))
    AND EXISTS (SELECT 1 FROM memberships_at(p_user, a.root_id, a.path_key))
$$;
REVOKE ALL ON FUNCTION accounts_by_external_id FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_by_external_id TO tenantree_app, tenantree_serve;

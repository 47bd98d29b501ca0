-- The owners and admins of the nearest account above one of the acting subtree that has any: who is told of what becomes of it, and who would
-- be invited back as agency admins.
CREATE OR REPLACE FUNCTION looked_after_by(p_account uuid) RETURNS TABLE (account_id uuid, account_name text, user_id uuid, name text, email text, shown_email text, role text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE a accounts := reached(p_account); near uuid;
BEGIN
  IF a.parent_id IS NULL THEN RETURN; END IF;
  SELECT p.id INTO near FROM unnest(path_of(a.root_id, substr(a.path_key, 1, octet_length(a.path_key) - 16))) WITH ORDINALITY p(id, level)
    WHERE EXISTS (SELECT FROM members m WHERE m.root_id = a.root_id AND m.account_id = p.id AND m.role IN ('owner', 'admin')) ORDER BY p.level DESC LIMIT 1;
  RETURN QUERY SELECT m.account_id, (SELECT x.name FROM accounts x WHERE x.root_id = a.root_id AND x.id = near), m.user_id, u.name, u.email, u.shown_email, m.role
    FROM members m CROSS JOIN LATERAL (SELECT x.name, x.email, x.shown_email FROM auth.users x WHERE x.id = m.user_id LIMIT 1) u
    WHERE m.root_id = a.root_id AND m.account_id = near AND m.role IN ('owner', 'admin') ORDER BY m.created_at, m.user_id;
END $$;
REVOKE ALL ON FUNCTION looked_after_by FROM PUBLIC;
GRANT EXECUTE ON FUNCTION looked_after_by TO tenantree_app;

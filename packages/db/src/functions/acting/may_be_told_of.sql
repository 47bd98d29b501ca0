-- A function of its own, so that a statement without an acting account prepares nothing for it.
CREATE OR REPLACE FUNCTION may_be_told_of(p_root uuid, p_account uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (SELECT may_be_told(a.root_id, a.path_key) FROM accounts a WHERE a.root_id = p_root AND a.id = p_account);
END $$;
REVOKE ALL ON FUNCTION may_be_told_of FROM PUBLIC;

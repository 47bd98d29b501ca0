-- An account that a function is asked to change: one of the acting account's subtree.
CREATE OR REPLACE FUNCTION reached(p_account uuid) RETURNS accounts LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE a accounts;
BEGIN
  SELECT x.* INTO a FROM accounts x
    WHERE x.root_id = acting_root() AND x.id = p_account AND (x.path_key >= acting_key() AND x.path_key < acting_end()) IS TRUE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % is not in the subtree of the acting account', p_account USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN a;
END $$;
REVOKE ALL ON FUNCTION reached FROM PUBLIC;

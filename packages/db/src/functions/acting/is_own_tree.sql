-- Refuses any tree but that of the acting account.
CREATE OR REPLACE FUNCTION is_own_tree(p_root uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_root IS DISTINCT FROM public.acting_root() THEN
    RAISE EXCEPTION 'tree % is not that of the acting account', p_root USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
REVOKE ALL ON FUNCTION is_own_tree FROM PUBLIC;

-- Whether a place may be told of: to the acting account, of its subtree and of the way down to it; without one, to those who decide.
CREATE OR REPLACE FUNCTION may_be_told(p_root uuid, p_key bytea) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT acting_root() IS NULL OR (p_root = acting_root()
    AND ((p_key >= acting_key() AND p_key < acting_end()) OR p_key = substr(acting_key(), 1, octet_length(p_key))))
$$;
REVOKE ALL ON FUNCTION may_be_told FROM PUBLIC;

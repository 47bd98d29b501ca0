-- Whether two versions of a section say different things of the same: then nobody can be as both say.
CREATE OR REPLACE FUNCTION blueprint_clash(p_one jsonb, p_other jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT EXISTS (SELECT FROM jsonb_each(p_one) o WHERE p_other ? o.key AND p_other -> o.key <> o.value)
$$;
REVOKE ALL ON FUNCTION blueprint_clash FROM PUBLIC;

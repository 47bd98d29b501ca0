-- The accounts of one of two paths, but not of both: those of the first with sign -1, those of the second with 1.
CREATE OR REPLACE FUNCTION changed_ancestors(p_left uuid[], p_new uuid[]) RETURNS TABLE (id uuid, level bigint, sign int) LANGUAGE sql IMMUTABLE AS $$
  SELECT o.id, o.level, -1 FROM unnest(p_left) WITH ORDINALITY o(id, level) WHERE o.id <> ALL (p_new)
  UNION ALL SELECT n.id, n.level, 1 FROM unnest(p_new) WITH ORDINALITY n(id, level) WHERE n.id <> ALL (p_left)
$$;
REVOKE ALL ON FUNCTION changed_ancestors FROM PUBLIC;

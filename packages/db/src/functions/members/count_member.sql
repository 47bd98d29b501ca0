-- Counts a person who is a member of an account now (p_sign 1), or is one no more (-1): as one there, and in every account above that has
-- them nowhere else. What is closed counts above it as nothing. Deepest first; behind begin_tree_change.
CREATE OR REPLACE FUNCTION count_member(p_account uuid, p_user uuid, p_version bigint, p_sign int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a accounts := reached(p_account);
  chain uuid[] := path_of(a.root_id, a.path_key);
  people int[] := only_here(a.root_id, a.path_key, a.path_key || '\x00'::bytea, ARRAY[p_user]);
BEGIN
  PERFORM add_to_totals(a.root_id, p_version, array_agg(c.id ORDER BY c.level DESC), array_agg('members'::text),
    array_agg(CASE WHEN c.id = p_account THEN p_sign ELSE 0 END::numeric ORDER BY c.level DESC),
    array_agg((p_sign * people[c.level])::numeric ORDER BY c.level DESC))
  FROM unnest(chain) WITH ORDINALITY c(id, level) WHERE c.id = p_account OR (a.status <> 'closed'
    -- Who is counted above already may still use up what an account there keeps for this one.
    AND (people[c.level] > 0 OR EXISTS (SELECT FROM limits b WHERE b.root_id = a.root_id AND b.kind = 'members')));
END $$;
REVOKE ALL ON FUNCTION count_member FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_member TO tenantree_app;

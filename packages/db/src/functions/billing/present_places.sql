-- Of period_places those where accounts stand still: below a place of a tree, of which p_payer (NULL: anybody) pays. Whoever calls it has it in its
-- own query, of which it has the settings: what isn't asked for is not computed.
CREATE OR REPLACE FUNCTION present_places(p_root uuid, p_key bytea, p_payer uuid, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (account_id uuid, name text, chain bytea, came_inside boolean)
LANGUAGE sql STABLE AS $$
  SELECT x.id, x.name, uuid_send(p_root) || x.path_key, x.placed_at > p_from FROM accounts x
  WHERE x.root_id = p_root AND x.path_key >= p_key AND x.path_key < p_key || '\xff'::bytea AND x.placed_at < p_to AND (p_payer IS NULL OR x.payer_id = p_payer)
$$;
REVOKE ALL ON FUNCTION present_places FROM PUBLIC;

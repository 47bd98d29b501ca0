-- All that a row says, as the bytes that are hashed. A column that comes later is added at the end, and only where it is not null: rows of
-- before keep their hashes.
CREATE OR REPLACE FUNCTION journal_content(j journal) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT convert_to(jsonb_build_array(j.root_id, j.seq, j.version, j.account_id, encode(j.path_key, 'hex'), j.id,
    (extract(epoch FROM j.at) * 1000000)::bigint, j.kind, j.actor_kind, j.actor_id, j.actor_name, j.via_id, j.via_name, j.target_id, j.target_name,
    j.details, j.request_id, j.shows, j.is_moved, encode(j.left_key, 'hex'), j.rights)::text, 'UTF8')
$$;
REVOKE ALL ON FUNCTION journal_content FROM PUBLIC;

-- A row's hash as it would be under another number.
CREATE OR REPLACE FUNCTION hash_as(j journal, p_seq bigint) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT sha256(j.prev || journal_content(jsonb_populate_record(j, jsonb_build_object('seq', p_seq))))
$$;
REVOKE ALL ON FUNCTION hash_as FROM PUBLIC;

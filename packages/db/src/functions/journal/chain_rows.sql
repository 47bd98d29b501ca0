-- Numbers and chains rows of one tree behind its head, in their order. The head's lock is the last that a transaction takes; it is held
-- until the commit, so that numbers are in the order of commits and have no hole.
--   p_rows  journal rows as JSON, without what is given here
CREATE OR REPLACE FUNCTION chain_rows(p_root uuid, p_version bigint, p_rows jsonb) RETURNS journal_heads
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE head journal_heads; last_seq bigint; last_hash bytea;
BEGIN
  -- Whatever reached a limit asks for its mails here. Before it, so that a change's own rows are its last.
  IF p_rows @> '[{"kind": "limit.reached"}]' THEN p_rows := mail_alerts(p_root, p_rows) || p_rows; END IF;
  SELECT * INTO head FROM journal_heads h WHERE h.root_id = p_root FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO journal_heads AS h VALUES (p_root, 0, ''::bytea, 1) ON CONFLICT (root_id) DO UPDATE SET seq = h.seq RETURNING h.* INTO head;
  END IF;
  -- Materialized: a row is read once, and not for each of its columns.
  WITH entries AS MATERIALIZED (
    SELECT e.n, jsonb_populate_record(NULL::journal, e.entry || jsonb_build_object('root_id', p_root, 'seq', head.seq + e.n, 'version', p_version)) AS j
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)
  ), links AS (
    SELECT 0::bigint AS n, NULL::journal AS j, head.hash AS content UNION ALL SELECT e.n, e.j, journal_content(e.j) FROM entries e
  ), chained AS (
    SELECT l.n, l.j, chain_hash(l.content) OVER (ORDER BY l.n) AS hash FROM links l
  ), sealed AS (
    SELECT c.n, c.j, c.hash, lag(c.hash) OVER (ORDER BY c.n) AS prev FROM chained c
  ), written AS (
    INSERT INTO journal
    SELECT (s.j).root_id, (s.j).seq, (s.j).version, (s.j).account_id, (s.j).path_key, (s.j).id, (s.j).at, (s.j).kind, (s.j).actor_kind, (s.j).actor_id,
      (s.j).actor_name, (s.j).via_id, (s.j).via_name, (s.j).target_id, (s.j).target_name, (s.j).details, (s.j).request_id, (s.j).shows, (s.j).is_moved,
      (s.j).left_key, (s.j).rights, s.prev, s.hash
    FROM sealed s WHERE s.n > 0 RETURNING journal.seq, journal.hash
  )
  SELECT w.seq, w.hash INTO last_seq, last_hash FROM written w ORDER BY w.seq DESC LIMIT 1;
  UPDATE journal_heads SET seq = last_seq, hash = last_hash WHERE root_id = p_root;
  head.seq := last_seq;
  head.hash := last_hash;
  RETURN head;
END $$;
REVOKE ALL ON FUNCTION chain_rows FROM PUBLIC;

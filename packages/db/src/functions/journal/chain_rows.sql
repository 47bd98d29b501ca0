-- Numbers and chains rows of one tree behind its head, in their order. The head's lock is the last that a transaction takes; it is held
-- until the commit, so that numbers are in the order of commits and have no hole.
--   p_rows            journal rows as JSON, without what is given here. One without a place stands where its account stands now; one that is
--                     gone is the acting account itself.
--   p_shows, p_moved  what all of them show, as in tree_changes: the first one tells it
CREATE OR REPLACE FUNCTION chain_rows(p_root uuid, p_version bigint, p_rows jsonb, p_shows uuid[] DEFAULT NULL, p_moved boolean DEFAULT NULL) RETURNS journal_heads
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE mails jsonb := '[]'; head journal_heads; given journal; one record; r journal; chained journal[] := '{}';
BEGIN
  -- Whatever reached a limit asks for its mails here. Before it, so that a change's own rows are its last.
  IF p_rows @> '[{"kind": "limit.reached"}]' THEN mails := mail_alerts(p_root, p_rows); END IF;
  IF mails <> '[]' THEN PERFORM chain_rows(p_root, p_version, mails); END IF;
  SELECT * INTO head FROM journal_heads h WHERE h.root_id = p_root FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO journal_heads AS h VALUES (p_root, 0, ''::bytea, 1) ON CONFLICT (root_id) DO UPDATE SET seq = h.seq RETURNING h.* INTO head;
  END IF;
  given.root_id := p_root;
  given.version := p_version;
  given.shows := '{}';
  given.is_moved := false;
  FOR one IN
    SELECT e.n, jsonb_populate_record(given, e.entry) AS j, a.path_key FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)
    LEFT JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = (e.entry ->> 'account_id')::uuid LIMIT 1) a ON NOT e.entry ? 'path_key'
    ORDER BY e.n
  LOOP
    r := one.j;
    head.seq := head.seq + 1;
    r.seq := head.seq;
    IF r.path_key IS NULL THEN r.path_key := coalesce(one.path_key, CASE WHEN r.account_id = acting_account() THEN acting_key() END); END IF;
    IF one.n = 1 AND p_moved IS NOT NULL THEN
      r.shows := p_shows;
      r.is_moved := p_moved;
    END IF;
    r.prev := head.hash;
    head.hash := sha256(head.hash || journal_content(r));
    r.hash := head.hash;
    chained := chained || r;
  END LOOP;
  INSERT INTO journal SELECT * FROM unnest(chained);
  UPDATE journal_heads SET seq = head.seq, hash = head.hash WHERE root_id = p_root;
  RETURN head;
END $$;
REVOKE ALL ON FUNCTION chain_rows FROM PUBLIC;

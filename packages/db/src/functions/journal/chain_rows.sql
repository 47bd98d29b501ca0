-- Numbers and chains rows of one tree behind its head, in their order. The head's lock is the last that a transaction takes; it is held
-- until the commit, so that numbers are in the order of commits and have no hole.
--   p_rows            journal rows as JSON, without what is given here
--   p_shows, p_moved  of a change of the acting account: what all of it shows, as in tree_changes, which the first row tells. Its rows stand where
--                     their accounts stand now, none of them outside the acting account's subtree; one that is gone is that account itself.
CREATE OR REPLACE FUNCTION chain_rows(p_root uuid, p_version bigint, p_rows jsonb, p_shows uuid[] DEFAULT NULL, p_moved boolean DEFAULT NULL) RETURNS journal_heads
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE mails jsonb := '[]'; head journal_heads; one record; r journal; chained journal[] := '{}';
BEGIN
  -- Whatever reached a limit asks for its mails here. Before it, so that a change's own rows are its last.
  IF p_rows @> '[{"kind": "limit.reached"}]' THEN mails := mail_alerts(p_root, p_rows); END IF;
  IF mails <> '[]' THEN PERFORM chain_rows(p_root, p_version, mails); END IF;
  SELECT * INTO head FROM journal_heads h WHERE h.root_id = p_root FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO journal_heads AS h VALUES (p_root, 0, ''::bytea, 1) ON CONFLICT (root_id) DO UPDATE SET seq = h.seq RETURNING h.* INTO head;
  END IF;
  FOR one IN
    SELECT e.n, jsonb_populate_record(NULL::journal, e.entry) AS j, a.path_key FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)
    LEFT JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = (e.entry ->> 'account_id')::uuid LIMIT 1) a ON p_moved IS NOT NULL
    ORDER BY e.n
  LOOP
    head.seq := head.seq + 1;
    r := one.j;
    r.root_id := p_root;
    r.seq := head.seq;
    r.version := p_version;
    IF p_moved IS NOT NULL THEN
      r.path_key := coalesce(one.path_key, CASE WHEN r.account_id = acting_account() THEN acting_key() END);
      IF (r.path_key >= acting_key() AND r.path_key < acting_end()) IS NOT TRUE THEN
        RAISE EXCEPTION 'the log of an account outside the subtree of the acting one' USING ERRCODE = 'insufficient_privilege';
      END IF;
      r.shows := CASE WHEN one.n = 1 THEN p_shows ELSE '{}' END;
      r.is_moved := one.n = 1 AND p_moved;
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

-- What is wrong with rows p_from to p_to of the chain of the acting account's tree. Three kinds of faults: changed (it says something else
-- than was written, or is another row), added (it was never written), missing. What only stands under another number because one of these
-- is before it is none. A row is named to whoever sees its account; of others it is told when it was, and to who sees the whole tree which.
CREATE OR REPLACE FUNCTION verify_journal(p_from bigint, p_to bigint)
RETURNS TABLE (seq bigint, fault text, id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  WITH head AS (
    SELECT h.first_seq, h.seq, h.hash FROM journal_heads h WHERE h.root_id = acting_root()
  ), rows AS (
    -- One more on either side, and at the ends whatever there is.
    SELECT r.j, sha256((r.j).prev || journal_content(r.j)) = (r.j).hash AS holds FROM head CROSS JOIN LATERAL (
      SELECT x AS j FROM journal x WHERE x.root_id = acting_root() AND x.seq >= CASE WHEN p_from <= head.first_seq THEN 0 ELSE p_from - 1 END
        AND x.seq <= CASE WHEN p_to >= head.seq THEN 9223372036854775807 ELSE p_to + 1 END
    ) r
  ), beside AS (
    SELECT (r.j).seq, (r.j).account_id, (r.j).id, (r.j).at, (r.j).hash, r.holds,
      NOT r.holds AND hash_as(r.j, (r.j).seq - 1) = (r.j).hash AS is_later, NOT r.holds AND hash_as(r.j, (r.j).seq + 1) = (r.j).hash AS is_earlier,
      lead((r.j).seq) OVER up AS next_seq, lead((r.j).prev) OVER up AS next_prev, lead(r.holds) OVER up AS next_holds,
      lag((r.j).seq) OVER up AS before_seq, lag((r.j).at) OVER up AS before_at
    FROM rows r WINDOW up AS (ORDER BY (r.j).seq)
  ), shifted AS (
    SELECT b.*, coalesce(lead(b.is_later) OVER up, false) AS next_is_later, coalesce(lag(b.is_earlier) OVER up, false) AS before_is_earlier
    FROM beside b WINDOW up AS (ORDER BY b.seq)
  ), faults AS (
    SELECT s.seq, s.account_id, s.id, s.at, CASE
      -- Two that stand beside each other, the other way round.
      WHEN (s.is_later AND s.before_is_earlier) OR (s.is_earlier AND s.next_is_later) THEN 'changed'
      WHEN s.is_later THEN NULL
      WHEN s.is_earlier THEN CASE WHEN NOT s.before_is_earlier THEN 'missing' END
      WHEN s.seq < head.first_seq OR s.seq > head.seq OR s.next_is_later THEN 'added'
      WHEN NOT s.holds OR (s.next_holds AND s.next_seq = s.seq + 1 AND s.next_prev <> s.hash) OR (s.seq = head.seq AND s.hash <> head.hash) THEN 'changed'
    END AS fault FROM shifted s CROSS JOIN head
    UNION ALL
    SELECT m.seq, NULL, NULL, coalesce(s.before_at, s.at), 'missing' FROM head CROSS JOIN shifted s
      CROSS JOIN LATERAL generate_series(greatest(coalesce(s.before_seq + 1, head.first_seq), p_from), least(s.seq - 1, p_to)) m(seq)
    UNION ALL
    SELECT m.seq, NULL, NULL, (SELECT max(s.at) FROM shifted s), 'missing' FROM head
      CROSS JOIN LATERAL generate_series(greatest(coalesce((SELECT max(s.seq) + 1 FROM shifted s), head.first_seq), p_from), least(head.seq, p_to)) m(seq)
      -- Numbers that went down by one leave the last one over.
      WHERE NOT EXISTS (SELECT FROM shifted s WHERE s.is_earlier AND s.seq = m.seq - 1)
  )
  SELECT CASE WHEN a.seen OR acting_key() = '' THEN f.seq END, f.fault, CASE WHEN a.seen AND f.fault <> 'missing' THEN f.id END, f.at
  FROM faults f CROSS JOIN head LEFT JOIN LATERAL (
    SELECT true AS seen FROM accounts a
      WHERE a.root_id = acting_root() AND a.id = f.account_id AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE LIMIT 1
  ) a ON true
  WHERE f.fault IS NOT NULL AND (f.seq BETWEEN p_from AND p_to OR (p_from <= head.first_seq AND f.seq < p_from) OR (p_to >= head.seq AND f.seq > p_to))
  ORDER BY f.seq
$$;
REVOKE ALL ON FUNCTION verify_journal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verify_journal TO tenantree_app;

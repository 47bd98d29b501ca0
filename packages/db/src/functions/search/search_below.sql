-- Accounts below one of the acting subtree that a search may find, where they are too many to be read all: in bounded steps, each only
-- when those before did not find enough. What is answered lies below p_within, whatever is asked for.
--   p_text, p_words   what was typed, folded, and its words
--   p_external, p_id  the same as an external id and as an id
--   p_names           most accounts that are walked; p_candidates: most that an index is asked for; p_enough: no further step from here on
--   more              not all of them may have been found
-- Its steps walk indexes in their order: of what begins with a text the planner expects little, and would read and sort all of it.
CREATE OR REPLACE FUNCTION search_below(
  p_within uuid, p_text text, p_words text[], p_external text, p_id uuid, p_statuses text[],
  p_names int, p_candidates int, p_enough int, OUT ids uuid[], OUT more boolean
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  root uuid := acting_root();
  here bytea := (SELECT a.path_key FROM accounts a WHERE a.root_id = root AND a.id = p_within AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE);
  beyond bytea := here || '\xff'::bytea;
  patterns text[] := ARRAY(SELECT '%' || regexp_replace(w, '([\\%_])', '\\\1', 'g') || '%' FROM unnest(p_words) w);
  long_words text[] := ARRAY(SELECT w FROM unnest(p_words) w WHERE length(w) >= 3);
  wanted bigint[];
  found uuid[];
  seen int := 0;
BEGIN
  ids := '{}'; more := false;
  IF here IS NULL THEN RETURN; END IF;
  SELECT coalesce(array_agg(e.id), '{}') INTO ids FROM (
    SELECT a.id, a.path_key FROM accounts a WHERE a.root_id = root AND a.external_id = p_external
    UNION ALL SELECT a.id, a.path_key FROM accounts a WHERE a.root_id = root AND a.id = p_id
  ) e WHERE e.path_key > here AND e.path_key < beyond;

  -- What begins with the text, or with one of its words, is a range of an index.
  SELECT array_agg(DISTINCT n.id) FILTER (WHERE n.path_key > here AND n.path_key < beyond AND n.status = ANY (p_statuses)) INTO found
  FROM (SELECT p_text AS start UNION SELECT unnest(p_words)) w CROSS JOIN LATERAL (
    SELECT a.id, a.search_key, a.path_key, a.status FROM accounts a
    WHERE a.root_id = root AND a.search_key >= w.start AND a.search_key < w.start || U&'\+10FFFF' ORDER BY a.search_key, a.id LIMIT p_candidates
  ) n WHERE n.search_key LIKE ALL (patterns);
  ids := ids || found;
  more := cardinality(found) >= p_enough;
  IF more THEN RETURN; END IF;

  -- Common words end here: enough of the tree's first names have them, and the list of all that do is never read.
  SELECT array_agg(f.id) INTO found FROM (
    SELECT n.id FROM (SELECT a.id, a.search_key FROM accounts a WHERE a.root_id = root ORDER BY a.search_key, a.id LIMIT p_names) n
    -- A value and not EXISTS: as a join, the planner may begin with the accounts of the range and walk all names for each.
    WHERE n.search_key LIKE ALL (patterns) AND (
      SELECT a.path_key > here AND a.path_key < beyond AND a.status = ANY (p_statuses) FROM accounts a WHERE a.root_id = root AND a.id = n.id)
    LIMIT p_enough
  ) f;
  ids := ids || found;
  more := cardinality(found) >= p_enough;
  IF more THEN RETURN; END IF;

  -- Who has all letters in threes of the words. Words of one or two letters have none: alone, they find what has words that begin so.
  wanted := ARRAY(
    SELECT hashtextextended(t.token, uuid_hash_extended(root, 0)) FROM (
      SELECT substr(w, i, 3) AS token FROM unnest(long_words) w CROSS JOIN LATERAL generate_series(1, length(w) - 2) i
      UNION SELECT ' ' || w FROM unnest(p_words) w WHERE long_words = '{}' AND w <> ''
    ) t);
  IF wanted <> '{}' THEN
    SELECT count(*), array_agg(a.id) FILTER (WHERE a.search_key LIKE ALL (patterns) AND a.path_key > here AND a.path_key < beyond AND a.status = ANY (p_statuses))
    INTO seen, found FROM (
      SELECT s.account_id FROM account_search s WHERE s.tokens @> wanted LIMIT p_candidates
    ) c JOIN accounts a ON a.root_id = root AND a.id = c.account_id;
    ids := ids || found;
  END IF;
  more := long_words = '{}' OR seen >= p_candidates OR EXISTS (SELECT 1 FROM account_search s WHERE s.root_id = root AND s.tokens IS NULL);
  IF NOT more OR cardinality(found) >= p_enough THEN RETURN; END IF;

  -- Too many of the tree have them to be looked at, but here may be few accounts: the first ones.
  SELECT count(*), array_agg(n.id) FILTER (WHERE n.search_key LIKE ALL (patterns) AND n.status = ANY (p_statuses)) INTO seen, found FROM (
    SELECT a.id, a.search_key, a.status FROM accounts a WHERE a.root_id = root AND a.path_key > here AND a.path_key < beyond ORDER BY a.path_key LIMIT p_names
  ) n;
  ids := ids || found;
  more := seen >= p_names;
END $$;
REVOKE ALL ON FUNCTION search_below FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_below TO tenantree_app;

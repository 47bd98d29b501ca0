import { type Kysely, sql } from 'kysely';

/** How rows come into the journal: at the end of every change, and for what only leaves a trace by a group commit. */
export async function appending(db: Kysely<unknown>): Promise<void> {
  await chaining(db);
  await changes(db);
  await traces(db);
}

const chaining = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Numbers and chains rows of one tree behind its head, in their order. The head's lock is the last that a transaction takes; it is held
    -- until the commit, so that numbers are in the order of commits and have no hole.
    --   p_rows  journal rows as JSON, without what is given here
    CREATE FUNCTION chain_rows(p_root uuid, p_version bigint, p_rows jsonb) RETURNS journal_heads
    LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    DECLARE head journal_heads; last_seq bigint; last_hash bytea;
    BEGIN
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
  `.execute(db);

const changes = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Ends a change of the acting account's tree: writes what happened, and notes for whoever resumes what the version changed. Its last
    -- statement. The first row tells what all of the change shows.
    --   p_shows, p_moved  as in tree_changes
    CREATE FUNCTION end_change(p_root uuid, p_version bigint, p_shows uuid[], p_moved boolean, p_rows jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    DECLARE placed jsonb; strangers boolean; head journal_heads;
    BEGIN
      PERFORM is_own_tree(p_root);
      -- What happened to an account stands where that stands now; one that is gone is the acting account itself.
      SELECT jsonb_agg(e.entry || jsonb_build_object('path_key', coalesce(a.path_key, acting_key()),
          'shows', CASE WHEN e.n = 1 THEN noted_accounts(p_shows) ELSE '{}' END, 'is_moved', e.n = 1 AND p_moved) ORDER BY e.n),
        bool_or(NOT coalesce(a.path_key >= acting_key() AND a.path_key < acting_end(), (e.entry ->> 'account_id')::uuid = acting_account()))
      INTO placed, strangers
      FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)
      LEFT JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = (e.entry ->> 'account_id')::uuid LIMIT 1) a ON true;
      IF strangers THEN
        RAISE EXCEPTION 'the log of an account outside the subtree of the acting one' USING ERRCODE = 'insufficient_privilege';
      END IF;
      INSERT INTO tree_changes (root_id, version, kind, accounts, at)
        VALUES (p_root, p_version, CASE WHEN p_moved THEN 'moved' ELSE 'accounts' END, noted_accounts(p_shows), clock_timestamp());
      head := chain_rows(p_root, p_version, placed);
      RETURN head.seq;
    END $$;
    REVOKE ALL ON FUNCTION end_change FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION end_change TO tenantree_app;
    REVOKE INSERT ON tree_changes FROM tenantree_app;

    -- The same for what somebody did with their sign-in, which is of no tree and shows nothing.
    CREATE FUNCTION end_sign_in_change(p_rows jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE nobody uuid := '00000000-0000-0000-0000-000000000000'; head journal_heads;
    BEGIN
      head := chain_rows(nobody, NULL, (
        SELECT jsonb_agg(e.entry || jsonb_build_object('account_id', nobody, 'path_key', ''::bytea, 'shows', '{}'::uuid[], 'is_moved', false) ORDER BY e.n)
        FROM jsonb_array_elements(p_rows) WITH ORDINALITY e(entry, n)));
      RETURN head.seq;
    END $$;
    REVOKE ALL ON FUNCTION end_sign_in_change FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION end_sign_in_change TO tenantree_auth;
  `.execute(db);

const traces = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Writes what only leaves a trace, of whichever trees, with the tokens that some of it is about. No tree is locked for it: the accounts
    -- first, by their keys, then the tokens, then the heads in the order of their trees.
    --   answers with the positions, from 1, of those whose account is not there any more: of them nothing is written
    CREATE FUNCTION append_traces(p_traces jsonb) RETURNS int[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
    DECLARE tree record; placed jsonb; written int[];
    BEGIN
      -- Whoever erases or carries away one of the accounts waits for this, or is waited for.
      SELECT jsonb_agg(jsonb_build_object('n', s.n, 'root', s.root_id, 'token', s.token, 'entry', s.entry || jsonb_build_object(
          'path_key', s.path_key, 'shows', '{}'::uuid[], 'is_moved', false)) ORDER BY s.n), array_agg(s.n::int)
      INTO placed, written
      FROM (
        SELECT e.n, e.trace -> 'token' AS token, e.trace -> 'entry' AS entry, a.root_id, a.path_key
        FROM jsonb_array_elements(p_traces) WITH ORDINALITY e(trace, n)
        CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = (e.trace -> 'entry' ->> 'account_id')::uuid LIMIT 1) d
        CROSS JOIN LATERAL (
          SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = (e.trace -> 'entry' ->> 'account_id')::uuid LIMIT 1 FOR KEY SHARE
        ) a ORDER BY e.n
      ) s;
      INSERT INTO embed_tokens (root_id, account_id, id, key_id, origin, access, features, user_ref, token_hash, created_at, expires_at)
        SELECT (p.one ->> 'root')::uuid, t.account_id, t.id, t.key_id, t.origin, t.access, t.features, t.user_ref, t.token_hash, t.created_at, t.expires_at
        FROM jsonb_array_elements(placed) p(one) CROSS JOIN LATERAL jsonb_populate_record(NULL::embed_tokens, p.one -> 'token') t
        WHERE p.one -> 'token' <> 'null'::jsonb;
      FOR tree IN
        SELECT (p.one ->> 'root')::uuid AS root_id, jsonb_agg(p.one -> 'entry' ORDER BY (p.one ->> 'n')::int) AS entries
        FROM jsonb_array_elements(placed) p(one) GROUP BY 1 ORDER BY 1
      LOOP
        PERFORM chain_rows(tree.root_id, NULL, tree.entries);
      END LOOP;
      RETURN ARRAY(SELECT n FROM generate_series(1, jsonb_array_length(p_traces)) n WHERE n <> ALL (coalesce(written, '{}')));
    END $$;
    REVOKE ALL ON FUNCTION append_traces FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION append_traces TO tenantree_serve;
  `.execute(db);

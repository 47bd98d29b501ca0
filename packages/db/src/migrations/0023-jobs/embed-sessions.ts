import { type Kysely, sql } from 'kysely';

/** Embedded screens: an account's list of origins, sessions on several of them, and their ends before their time. */
export async function embedSessions(db: Kysely<unknown>): Promise<void> {
  await tables(db);
  await doors(db);
  await ends(db);
  await traces(db);
}

const tables = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Where an account and those below it may be embedded. Without a row it is as above; an empty list is one, too.
    CREATE TABLE embed_origins (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, origins text[] NOT NULL,
      PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    ALTER TABLE embed_origins ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON embed_origins TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON embed_origins TO tenantree_app;
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'embed_origins', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);

    -- A session is on some origins, and may end before its time. One that has stays for a day: it counts for how many were made.
    ALTER TABLE embed_tokens ADD COLUMN origins text[], ADD COLUMN ended_at timestamptz, ADD COLUMN refused_at timestamptz;
    UPDATE embed_tokens SET origins = ARRAY[origin];
    ALTER TABLE embed_tokens ALTER COLUMN origins SET NOT NULL, DROP COLUMN origin;
    CREATE INDEX embed_tokens_live ON embed_tokens (root_id, expires_at) WHERE ended_at IS NULL;
    CREATE INDEX embed_tokens_user ON embed_tokens (root_id, key_id, user_ref, created_at);
  `.execute(db);

const doors = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DROP FUNCTION embed_token_by_hash;
    -- A token stands in the tree of the key that it was made with, or is nobody's.
    CREATE FUNCTION embed_token_by_hash(p_hash bytea) RETURNS TABLE (
      root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[],
      token_id uuid, token_account_id uuid, token_account_name text, token_key bytea, origins text[], access text, features text[], user_ref text,
      token_expires_at timestamptz, token_ended_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT k.*, e.id, e.account_id, a.name, a.path_key, e.origins, e.access, e.features, e.user_ref, e.expires_at, e.ended_at
      FROM embed_tokens e
      CROSS JOIN LATERAL (SELECT x.name, x.path_key FROM accounts x WHERE x.root_id = e.root_id AND x.id = e.account_id LIMIT 1) a
      CROSS JOIN LATERAL presented_key(e.root_id, e.key_id) k WHERE e.token_hash = p_hash
    $$;

    -- The list of origins that holds for an account: of itself, or of the nearest above it that has one.
    CREATE FUNCTION embed_origins_of(p_account uuid) RETURNS TABLE (account_id uuid, origins text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT o.account_id, o.origins FROM account_roots d
      CROSS JOIN LATERAL (SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a
      CROSS JOIN LATERAL unnest(path_of(a.root_id, a.path_key)) WITH ORDINALITY p(id, level)
      CROSS JOIN LATERAL (SELECT x.account_id, x.origins FROM embed_origins x WHERE x.root_id = a.root_id AND x.account_id = p.id LIMIT 1) o
      WHERE d.id = p_account ORDER BY p.level DESC LIMIT 1
    $$;
    REVOKE ALL ON FUNCTION embed_token_by_hash, embed_origins_of FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION embed_token_by_hash, embed_origins_of TO tenantree_serve;
  `.execute(db);

const ends = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- The sessions of a user with a key, for who makes one more: how many were made since p_since, and which live ones are too many besides
    -- it: the oldest. Whoever makes one for the same user waits for the transaction to end.
    CREATE FUNCTION sessions_of_user(p_key uuid, p_user_ref text, p_since timestamptz, p_now timestamptz, p_most int, OUT recent int, OUT too_many uuid[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'embed session', p_key, p_user_ref), 0));
      SELECT count(*) INTO recent FROM embed_tokens e
        WHERE e.root_id = acting_root() AND e.key_id = p_key AND e.user_ref = p_user_ref AND e.created_at > p_since;
      too_many := ARRAY(SELECT e.id FROM embed_tokens e
        WHERE e.root_id = acting_root() AND e.key_id = p_key AND e.user_ref = p_user_ref AND e.ended_at IS NULL AND e.expires_at > p_now
        ORDER BY e.id DESC OFFSET p_most - 1);
    END $$;

    -- Ends live sessions of a key of the acting account's subtree, wherever in the tree they are.
    CREATE FUNCTION end_sessions_of_key(p_key uuid, p_now timestamptz) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      UPDATE embed_tokens e SET ended_at = p_now
      WHERE e.root_id = acting_root() AND e.key_id = p_key AND e.ended_at IS NULL AND e.expires_at > p_now AND (
        SELECT true FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
        WHERE k.root_id = acting_root() AND k.id = p_key AND a.path_key >= acting_key() AND a.path_key < acting_end() LIMIT 1)
      RETURNING e.id
    $$;
    REVOKE ALL ON FUNCTION sessions_of_user, end_sessions_of_key FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION sessions_of_user, end_sessions_of_key TO tenantree_app;
  `.execute(db);

const traces = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Writes what only leaves a trace, of whichever trees (0021-journal.ts). Sessions are stored before it, by whoever admitted them: they are
    -- good for nothing until their secret is told, and that is after their trace is written.
    CREATE OR REPLACE FUNCTION append_traces(p_traces jsonb) RETURNS int[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET lock_timeout = '10s' AS $$
    DECLARE tree record; placed jsonb; written int[];
    BEGIN
      -- Whoever erases or carries away one of the accounts waits for this, or is waited for.
      SELECT jsonb_agg(jsonb_build_object('n', s.n, 'root', s.root_id, 'entry', s.entry || jsonb_build_object(
          'path_key', s.path_key, 'shows', '{}'::uuid[], 'is_moved', false)) ORDER BY s.n), array_agg(s.n::int)
      INTO placed, written
      FROM (
        SELECT e.n, e.entry, a.root_id, a.path_key
        FROM jsonb_array_elements(p_traces) WITH ORDINALITY e(entry, n)
        CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = (e.entry ->> 'account_id')::uuid LIMIT 1) d
        CROSS JOIN LATERAL (
          SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = (e.entry ->> 'account_id')::uuid LIMIT 1 FOR KEY SHARE
        ) a ORDER BY e.n
      ) s;
      FOR tree IN
        SELECT (p.one ->> 'root')::uuid AS root_id, jsonb_agg(p.one -> 'entry' ORDER BY (p.one ->> 'n')::int) AS entries
        FROM jsonb_array_elements(placed) p(one) GROUP BY 1 ORDER BY 1
      LOOP
        PERFORM chain_rows(tree.root_id, NULL, tree.entries);
      END LOOP;
      RETURN ARRAY(SELECT n FROM generate_series(1, jsonb_array_length(p_traces)) n WHERE n <> ALL (coalesce(written, '{}')));
    END $$;
  `.execute(db);

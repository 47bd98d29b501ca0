import { type Kysely, sql } from 'kysely';

/**
 * One journal for all that is done (docs/decisions/0017-one-journal.md): the audit log, what live viewers are told and whose rights are asked
 * about again are the same rows, numbered without a hole and chained by their hashes, tree by tree.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await tables(db);
  await hashing(db);
  await moveAuditLog(db);
  await indexes(db);
  await leaving(db);
}

const tables = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- One chain per tree, and one, of the id that is all zeros, for what people do with their sign-in: that is of no tree.
    -- first_seq: what is before it was written elsewhere.
    CREATE TABLE journal_heads (
      root_id uuid PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL, first_seq bigint NOT NULL DEFAULT 1
    ) WITH (fillfactor = 50);
    CREATE TABLE journal (
      root_id uuid NOT NULL, seq bigint NOT NULL,
      -- The version of the tree that the change is; null: nothing changed that is shown live.
      version bigint,
      account_id uuid NOT NULL, path_key bytea NOT NULL, id uuid NOT NULL, at timestamptz NOT NULL, kind text NOT NULL,
      actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'key', 'embed', 'system')), actor_id uuid, actor_name text NOT NULL,
      via_id uuid, via_name text, target_id uuid, target_name text, details jsonb NOT NULL, request_id text,
      -- Accounts whose rows changed; null: more than are worth their room. is_moved: some came to where their minutes are news.
      shows uuid[], is_moved boolean NOT NULL,
      -- Where the target stood that stands there no more.
      left_key bytea,
      -- Whose access may have changed; null: nobody's.
      rights jsonb,
      prev bytea NOT NULL, hash bytea NOT NULL,
      PRIMARY KEY (root_id, seq)
    );
    ALTER TABLE journal_heads ENABLE ROW LEVEL SECURITY;
    ALTER TABLE journal ENABLE ROW LEVEL SECURITY;
    -- The log of an account is every row about it, in whatever chain: whoever sees the account reads it (rules/audit 6).
    CREATE POLICY subtree_read ON journal FOR SELECT TO tenantree_app
      USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT ON journal TO tenantree_app;
  `.execute(db);

const hashing = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- All that a row says, as the bytes that are hashed. A column that comes later is added at the end, and only where it is not null: rows of
    -- before keep their hashes.
    CREATE OR REPLACE FUNCTION journal_content(j journal) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT convert_to(jsonb_build_array(j.root_id, j.seq, j.version, j.account_id, encode(j.path_key, 'hex'), j.id,
        (extract(epoch FROM j.at) * 1000000)::bigint, j.kind, j.actor_kind, j.actor_id, j.actor_name, j.via_id, j.via_name, j.target_id, j.target_name,
        j.details, j.request_id, j.shows, j.is_moved, encode(j.left_key, 'hex'), j.rights)::text, 'UTF8')
    $$;
    -- A row's hash is of the hash before it and of what it says. As an aggregate over the contents of rows in their order, the first of which
    -- is the hash that the chain goes on from.
    CREATE OR REPLACE FUNCTION next_hash(p_prev bytea, p_content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT sha256(p_prev || p_content) $$;
    CREATE OR REPLACE AGGREGATE chain_hash(bytea) (SFUNC = next_hash, STYPE = bytea);
    REVOKE ALL ON FUNCTION journal_content, next_hash FROM PUBLIC;
  `.execute(db);

/** Entries at a time: some seconds of work, so that a log of millions says how far it is. */
const ENTRIES_AT_ONCE = 50_000;

const moveAuditLog = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What the log says, in its order, becomes the beginning of each tree's chain. It showed nothing and touched nobody's rights.
    DO $$
    DECLARE
      all_entries bigint := (SELECT count(*) FROM audit_log);
      done bigint := 0;
      tree uuid;
      head journal_heads;
      last_id uuid;
      last_seq bigint;
      last_hash bytea;
    BEGIN
      -- Of trees that are gone, too.
      FOR tree IN SELECT DISTINCT root_id FROM audit_log LOOP
        head := ROW(tree, 0, ''::bytea, 1);
        last_id := '00000000-0000-0000-0000-000000000000';
        LOOP
          WITH entries AS MATERIALIZED (
            SELECT ROW(l.root_id, head.seq + row_number() OVER (ORDER BY l.id), NULL, l.account_id, coalesce(a.path_key, ''::bytea), l.id, l.at, l.action,
              l.actor_kind, l.actor_id, l.actor_name, l.via_id, l.via_name, l.target_id, l.target_name, l.details, l.request_id,
              '{}', false, NULL, NULL, ''::bytea, ''::bytea)::journal AS j
            FROM (SELECT * FROM audit_log WHERE root_id = tree AND id > last_id ORDER BY id LIMIT ${sql.lit(ENTRIES_AT_ONCE)}) l
            LEFT JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = tree AND x.id = l.account_id LIMIT 1) a ON true
          ), links AS (
            SELECT NULL::journal AS j, head.seq AS seq, head.hash AS content UNION ALL SELECT e.j, (e.j).seq, journal_content(e.j) FROM entries e
          ), chained AS (
            SELECT l.j, l.seq, chain_hash(l.content) OVER up AS hash FROM links l WINDOW up AS (ORDER BY l.seq)
          ), sealed AS (
            SELECT c.*, lag(c.hash) OVER (ORDER BY c.seq) AS prev FROM chained c
          ), written AS (
            INSERT INTO journal SELECT (s.j).root_id, s.seq, NULL, (s.j).account_id, (s.j).path_key, (s.j).id, (s.j).at, (s.j).kind,
              (s.j).actor_kind, (s.j).actor_id, (s.j).actor_name, (s.j).via_id, (s.j).via_name, (s.j).target_id, (s.j).target_name, (s.j).details,
              (s.j).request_id, (s.j).shows, false, NULL, NULL, s.prev, s.hash
            FROM sealed s WHERE s.seq > head.seq RETURNING seq, id, hash
          )
          SELECT w.seq, w.id, w.hash INTO last_seq, last_id, last_hash FROM written w ORDER BY w.seq DESC LIMIT 1;
          EXIT WHEN NOT FOUND;
          done := done + last_seq - head.seq;
          head := ROW(tree, last_seq, last_hash, 1);
          IF all_entries > ${sql.lit(ENTRIES_AT_ONCE)} THEN
            RAISE NOTICE 'entries of the log: % of %', done, all_entries;
          END IF;
        END LOOP;
        INSERT INTO journal_heads SELECT (head).*;
      END LOOP;
    END $$;
    DROP TABLE audit_log;
  `.execute(db);

const indexes = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE INDEX journal_of_account ON journal (account_id, id);
    CREATE INDEX journal_of_tree ON journal (root_id, id);
    CREATE INDEX journal_of_actor ON journal (root_id, actor_id, id);
    -- A rare kind in a long log: without it a page of it read a million entries (2 to 5 s).
    CREATE INDEX journal_of_kind ON journal (root_id, kind, id);
    CREATE INDEX journal_departures ON journal (root_id, version) WHERE left_key IS NOT NULL;
    -- Of an empty table it is taken that few rows have one root (0020-young-tables.ts).
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', t, 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real)
    FROM unnest(ARRAY['journal', 'journal_heads']) t WHERE NOT EXISTS (SELECT FROM journal);
  `.execute(db);

const leaving = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What leaves a place is told of by the journal. What left until now is not: whoever was away from before reads anew.
    DROP TABLE departures;
    TRUNCATE tree_changes;
    -- Written by the end of every change, and by nobody else.
    REVOKE INSERT ON tree_changes FROM tenantree_app;
  `.execute(db);

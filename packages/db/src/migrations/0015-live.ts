import { type Kysely, sql } from 'kysely';

/**
 * Every change of a tree notes what it changed, in its own transaction, so that whoever was away reads that and not the tree
 * (docs/decisions/0012-live-watches-what-is-shown.md). The notes are kept for minutes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Changes of accounts are few among counts of usage, and are read without these.
    CREATE INDEX tree_changes_of_accounts ON tree_changes (root_id, version) WHERE kind <> 'usage';
    CREATE INDEX tree_changes_time ON tree_changes (at);

    -- What a note holds. More accounts than these are not worth their room: none says that whoever was away reads anew.
    ALTER TABLE tree_changes ALTER accounts DROP NOT NULL;
    CREATE FUNCTION noted_accounts(p_accounts uuid[]) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
      AS $$ SELECT CASE WHEN cardinality(p_accounts) <= 1000 THEN p_accounts END $$;

    -- Forgets what was noted longer ago than that, always from the beginning of a tree's notes: what is kept has no hole. Where an account
    -- left from is of use only with the notes of its time. Servers that come together leave it to one of them.
    CREATE FUNCTION forget_tree_changes(p_kept interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF NOT pg_try_advisory_xact_lock(hashtextextended('forget_tree_changes', 0)) THEN RETURN; END IF;
      DELETE FROM tree_changes c
        USING (SELECT root_id, max(version) AS version FROM tree_changes WHERE at <= clock_timestamp() - p_kept GROUP BY root_id) old
        WHERE c.root_id = old.root_id AND c.version <= old.version;
      DELETE FROM departures d
        WHERE NOT EXISTS (SELECT 1 FROM tree_changes c WHERE c.root_id = d.root_id AND c.version <= d.version);
    END $$;
    REVOKE ALL ON FUNCTION forget_tree_changes FROM PUBLIC;
  `.execute(db);
}

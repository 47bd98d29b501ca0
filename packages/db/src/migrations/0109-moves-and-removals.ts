import { type Kysely, sql } from 'kysely';

/** Sessions begin in what is being moved, and presets that were removed come back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A foreign key waits for whoever writes what a unique index could be referred by: a move, which writes places, held up every session that
    -- was begun in its subtree. A place ends in the account's id and a root's is empty (accounts_place_ends_in_id), so that no two accounts of
    -- a tree have the same one anyway.
    DROP INDEX accounts_place;
    CREATE INDEX accounts_place ON accounts (root_id, path_key);

    -- Since when nobody is offered it; it is kept for a while, with who begins with it, so that it can come back as it was.
    ALTER TABLE presets ADD COLUMN removed_at timestamptz;
    CREATE INDEX presets_removed ON presets (removed_at) WHERE removed_at IS NOT NULL;
    REVOKE DELETE ON presets FROM tenantree_app;
    GRANT UPDATE (removed_at) ON presets TO tenantree_app;
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/**
 * A foreign key waits for whoever writes what a unique index could be referred by: a move, which writes places, held up every session that was
 * begun in its subtree. A place ends in the account's id and a root's is empty (accounts_place_ends_in_id), so that no two accounts of a tree
 * have the same one anyway.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DROP INDEX accounts_place;
    CREATE INDEX accounts_place ON accounts (root_id, path_key);
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** What making accounts pays for keys and for letters of names, made less. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Of a young table PostgreSQL took it that some accounts of a tree have the same id, and each foreign key's check of an account for a
    -- search through several: the plan is kept until the next ANALYZE. It is told that no two have the same.
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'accounts', 'attname', 'id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', -1::real)
    WHERE NOT EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = 'public' AND s.tablename = 'accounts' AND s.attname = 'id');

    -- Letters of some two hundred names wait in a list, and go into the index together: one by one they were two thirds of its cost. A search
    -- reads that list, which is 8 blocks at the most.
    ALTER INDEX account_search_tokens SET (fastupdate = on, gin_pending_list_limit = 64);
  `.execute(db);
}

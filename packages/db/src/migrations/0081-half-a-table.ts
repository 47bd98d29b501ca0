import { type Kysely, sql } from 'kysely';

/**
 * What the planner takes a tree for: half of the rows of each table, whatever is in it. Of a tree that came after the last ANALYZE it would
 * know that it has none, so that an index that leads to the tree costs as much as the whole key, and wins where it is the newer one: each row
 * that a policy passed, and each foreign key, read all accounts of the tree.
 *
 * A table that comes later is told the same (a test reads them).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DO $$ DECLARE name text;
    BEGIN
      FOR name IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'root_id'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN root_id SET STATISTICS 0', name);
        PERFORM pg_clear_attribute_stats('public', name, 'root_id', false);
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$`.execute(db);
}

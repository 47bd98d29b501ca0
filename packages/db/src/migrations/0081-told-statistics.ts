import { type Kysely, sql } from 'kysely';

/**
 * What the planner takes a tree and an account for, whatever is in them. Of one that came after the last ANALYZE it would know that it has no
 * rows, so that an index that leads to it costs as much as the whole key, and wins where it is the newer one: each row that a policy passed,
 * and each foreign key, read all accounts of the tree, or all products of the account.
 *
 * A table that comes later is told the same (a test reads them).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DO $$ DECLARE told record;
    BEGIN
      FOR told IN
        -- A tree: half of the rows of each table.
        SELECT c.relname::text AS name, 'root_id'::text AS of, 2::real AS distinct_values FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'root_id' WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        -- An account: ten rows, where it may have thousands.
        UNION ALL SELECT t.name, 'account_id'::text, -0.1::real
        FROM unnest(ARRAY['products', 'product_refs', 'product_links', 'product_versions', 'product_secrets', 'rollouts']) t(name)
      LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', told.name, told.of);
        PERFORM pg_clear_attribute_stats('public', told.name, told.of, false);
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', told.name, 'attname', told.of, 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', told.distinct_values);
      END LOOP;
    END $$`.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** Of accounts, tables of which one may have thousands of rows where others have a few. */
const OWNED = ['products', 'product_refs', 'product_links', 'product_versions', 'product_secrets', 'rollouts'];

/**
 * Tells the planner what a tree and an account are for it, whatever is in them: a tree half of the rows of each table, and an account half of
 * that, where it may own thousands. Of one that came after the last ANALYZE it would know that it has none, so that an index that leads to it
 * costs as much as the whole key, and wins where it is the newer one: each row that a policy passed, and each foreign key, read all accounts
 * of the tree, or all products of the account (docs/decisions/0010-places-are-ranges.md).
 *
 * What was told already stays. A dump has no statistics, so that a database that was restored from one is told again.
 */
export const tellStatistics = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DO $$ DECLARE told record;
    BEGIN
      FOR told IN
        SELECT c.relname::text AS name, a.attname::text AS of FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid
          AND (a.attname = 'root_id' OR (a.attname = 'account_id' AND c.relname = ANY (${sql.lit(`{${OWNED.join()}}`)})))
        LEFT JOIN pg_stats s ON s.schemaname = 'public' AND s.tablename = c.relname AND s.attname = a.attname
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND (a.attstattarget, s.n_distinct) IS DISTINCT FROM (0::smallint, 2::real)
      LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', told.name, told.of);
        PERFORM pg_clear_attribute_stats('public', told.name, told.of, false);
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', told.name, 'attname', told.of, 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$`.execute(db);

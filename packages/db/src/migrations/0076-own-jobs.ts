import { type Kysely, sql } from 'kysely';

/**
 * A job of many accounts takes and ends hundreds of its items by one statement each. What the acting account's own jobs hold is seen without a
 * look at where that account stands, and an item that is taken has room beside itself, so that no index learns of it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DO $$
    DECLARE name text; own text := '(root_id = acting_root() AND (account_id = acting_account() '
      'OR (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id)))';
    BEGIN
      FOREACH name IN ARRAY ARRAY['jobs', 'job_items'] LOOP
        EXECUTE format('ALTER POLICY subtree ON %I USING %s WITH CHECK %s', name, own, own);
      END LOOP;
    END $$;
    ALTER TABLE job_items SET (fillfactor = 60);
  `.execute(db);
}

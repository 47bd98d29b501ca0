import { type Kysely, sql } from 'kysely';

/** Secrets that an item of a job is done with, sealed (docs/rules/products.md): they are gone when it is done, and the rest of it is not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE job_items ADD COLUMN secrets jsonb;
    GRANT UPDATE (secrets) ON job_items TO tenantree_app;
  `.execute(db);
}

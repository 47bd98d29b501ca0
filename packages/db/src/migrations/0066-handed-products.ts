import { type Kysely, sql } from 'kysely';

/** What becomes of products that are copies from above when an account leaves (rules/transfer 15). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- products: [{product, kind, name, as}] by what they are copies of; whatever isn't in it is handed over.
    ALTER TABLE billing_transfers ADD COLUMN products jsonb NOT NULL DEFAULT '[]';
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/**
 * What belongs to a product follows its account through the product: it was asked of each row, too, whether the account is there, and of each
 * account that came to another tree whether rows were left that had gone with its products.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE product_refs DROP CONSTRAINT product_refs_root_id_account_id_fkey;
    ALTER TABLE product_links DROP CONSTRAINT product_links_root_id_account_id_fkey;
    ALTER TABLE product_secrets DROP CONSTRAINT product_secrets_root_id_account_id_fkey;
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/** A lease of calls may say which phone number is on the line: that one doesn't move meanwhile (rules/products 15). */
export async function up(db: Kysely<unknown>): Promise<void> {
  // No key to the product: a number may be deleted while a call is on it, and calls that name none pay for nothing.
  await sql`
    ALTER TABLE leases ADD number_id uuid;
    CREATE INDEX leases_numbers ON leases (root_id, account_id, number_id) WHERE number_id IS NOT NULL;
  `.execute(db);
}

import { type Kysely, sql } from 'kysely';

/**
 * Whoever carries a subtree to another tree says what its rows are there by the statement that carries them (functions/accounts/change_root.sql): a
 * trigger did it for each row. And of a transfer that nobody paid by a provider there is nothing to find by its payment.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DROP TRIGGER forget_tokens ON account_search;
    DROP FUNCTION forget_tokens;
    DROP TRIGGER keep_sorted_elsewhere ON sorted_parents;
    DROP FUNCTION keep_sorted_elsewhere;
    DROP INDEX billing_transfers_payment;
    CREATE INDEX billing_transfers_payment ON billing_transfers ((steps #>> '{payment,method}')) WHERE steps #>> '{payment,method}' IS NOT NULL;
  `.execute(db);
}

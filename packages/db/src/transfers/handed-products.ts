import type { AccountId, RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';

/** A product of a leaving account, or of one below it, that came from above: itself, or what it is a copy of did. */
export type HandedCopy = {
  readonly account: AccountId;
  readonly product: RowId;
  readonly kind: ProductKindKey;
  readonly name: string;
  /** What is above and came down, and its account. */
  readonly source: { readonly account: AccountId; readonly product: RowId; readonly name: string };
};

/**
 * Copies in an account and below it that came from accounts above, however many hands they went through; by what they came from.
 *
 * @param path of the account, root first
 */
export async function readCopiesFromAbove(
  trx: TenantTransaction,
  path: readonly AccountId[],
  { only, limit }: { readonly only: readonly RowId[] | null; readonly limit: number },
): Promise<HandedCopy[]> {
  const account = path.at(-1);
  const { rows } = await sql<{
    account_id: AccountId;
    product_id: RowId;
    kind: ProductKindKey;
    name: string;
    source_account: AccountId;
    source_id: RowId;
    source_name: string;
  }>`
    WITH RECURSIVE top AS (SELECT a.path_key FROM accounts a WHERE a.root_id = acting_root() AND a.id = ${account}),
    below AS MATERIALIZED (
      SELECT a.id FROM accounts a WHERE a.root_id = acting_root() AND a.path_key >= (SELECT path_key FROM top)
        AND a.path_key < (SELECT path_key FROM top) || '\\xff'::bytea),
    copies AS (
      SELECT l.account_id, l.product_id, l.source_account, l.source_id, l.source_name FROM below b
      JOIN product_links l ON l.root_id = acting_root() AND l.account_id = b.id
      WHERE l.source_account = ANY (${path.slice(0, -1)}::uuid[]) AND (${only === null} OR l.source_id = ANY (${[...(only ?? [])]}::uuid[]))
      UNION SELECT l.account_id, l.product_id, c.source_account, c.source_id, c.source_name FROM copies c
      JOIN product_links l ON l.root_id = acting_root() AND l.source_account = c.account_id AND l.source_id = c.product_id
      JOIN below b ON b.id = l.account_id)
    SELECT c.*, p.kind, p.name FROM copies c JOIN products p ON p.root_id = acting_root() AND p.account_id = c.account_id AND p.id = c.product_id
    ORDER BY c.source_name, c.source_id, c.account_id LIMIT ${limit}`.execute(trx);
  return rows.map(({ account_id: at, product_id: product, kind, name, source_account, source_id, source_name }) => ({
    account: at,
    product,
    kind,
    name,
    source: { account: source_account, product: source_id, name: source_name },
  }));
}

/** Forgets what products were, for good. */
export async function forgetWhatWas(
  trx: TenantTransaction,
  account: AccountId,
  products: readonly RowId[],
): Promise<void> {
  await trx
    .deleteFrom('product_versions')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('product_id', 'in', [...products])
    .execute();
}

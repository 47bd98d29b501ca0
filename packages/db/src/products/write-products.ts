import type { AccountId, Instant, ParsedName, RowId } from '@tenantree/domain';
import type { Document, NamedThing, ProductKindKey } from '@tenantree/domain/products';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';
import type { StoredActor } from '../schema.ts';

/** A secret as it is kept. */
export type SealedSecret = { readonly place: string; readonly ciphertext: Buffer; readonly last4: string };

/** What is written of a product. */
export type ProductToWrite = {
  readonly id: RowId;
  readonly externalId: string | null;
  readonly version: number;
  readonly name: ParsedName;
  readonly document: Document;
  /** Products only: what they name and doesn't exist any more is left out. */
  readonly refs: readonly Pick<NamedThing, 'place' | 'id' | 'need'>[];
};

/** Where and when something is written, and by whom. */
export type Writing = {
  readonly account: AccountId;
  readonly kind: ProductKindKey;
  readonly at: Instant;
  readonly by: StoredActor;
  readonly treeVersion: TreeVersion;
};

/** Adds products to an account, with what they name. Totals are not touched: see `take`. */
export async function insertProducts(
  trx: TenantTransaction,
  { account, kind, at, by, treeVersion }: Writing,
  products: readonly ProductToWrite[],
): Promise<void> {
  if (products.length === 0) return;
  await trx
    .insertInto('products')
    .values(
      products.map(({ id, externalId, version, name, document }) => ({
        account_id: account,
        id,
        kind,
        name: name.name,
        name_key: name.key,
        external_id: externalId,
        version,
        doc: JSON.stringify(document),
        saved_at: at,
        saved_by: JSON.stringify(by),
        tree_version: treeVersion,
      })),
    )
    .execute();
  await insertRefs(trx, account, products);
}

/** Adds what products name. */
export async function insertRefs(
  trx: TenantTransaction,
  account: AccountId,
  products: readonly Pick<ProductToWrite, 'id' | 'refs'>[],
): Promise<void> {
  const refs = products.flatMap(({ id, refs: named }) =>
    named.map((ref) => ({
      account_id: account,
      from_id: id,
      place: ref.place,
      to_id: ref.id,
      required: ref.need === 'required',
    })),
  );
  if (refs.length > 0) await trx.insertInto('product_refs').values(refs).execute();
}

/** What a version of a product is in its row. */
const columnsOf = ({ at, by, treeVersion }: Writing, { name, version, document }: ProductToWrite) => ({
  name: name.name,
  name_key: name.key,
  version,
  doc: JSON.stringify(document),
  saved_at: at,
  saved_by: JSON.stringify(by),
  tree_version: treeVersion,
});

/** Keeps what a product is now as what it was, and writes another version of it. */
export async function updateProduct(trx: TenantTransaction, writing: Writing, product: ProductToWrite): Promise<void> {
  const { account } = writing;
  const { id } = product;
  await keepPast(trx, writing, [id], { deleted: false, content: 'kept' });
  await trx
    .updateTable('products')
    .set(columnsOf(writing, product))
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .execute();
  await deleteRefs(trx, account, [id]);
  await insertRefs(trx, account, [product]);
}

/** Takes away what products name, until that is written anew. */
export async function deleteRefs(
  trx: TenantTransaction,
  account: AccountId,
  products: readonly RowId[],
): Promise<void> {
  if (products.length === 0) return;
  await trx
    .deleteFrom('product_refs')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('from_id', 'in', [...products])
    .execute();
}

/** What a product is until now: kept, or no more than that it was. */
type Past = { readonly deleted: boolean; readonly content: 'kept' | 'forgotten' };

const keepPast = (
  trx: TenantTransaction,
  { account, at, by, treeVersion }: Writing,
  ids: readonly RowId[],
  { deleted, content }: Past,
): Promise<unknown> =>
  sql`
    INSERT INTO product_versions (account_id, product_id, version, kind, name, external_id, doc, saved_at, saved_by, ended_at, ended_by, deleted, tree_version)
    SELECT account_id, id, version, kind, CASE WHEN ${content === 'kept'} THEN name ELSE '' END, CASE WHEN ${content === 'kept'} THEN external_id END,
      CASE WHEN ${content === 'kept'} THEN doc ELSE '{}' END, saved_at, saved_by, ${at}, ${JSON.stringify(by)}, ${deleted}, ${treeVersion}
    FROM products WHERE root_id = acting_root() AND account_id = ${account} AND id = ANY (${ids}::uuid[])`.execute(trx);

/**
 * Deletes products, and keeps what they were, or that they were. Nothing names them any more: what only may be missing is named no longer, and what is required
 * by others that stay fails.
 */
export async function deleteProducts(
  trx: TenantTransaction,
  writing: Writing,
  ids: readonly RowId[],
  content: Past['content'],
): Promise<void> {
  await keepPast(trx, writing, ids, { deleted: true, content });
  await sql`
    DELETE FROM product_refs WHERE root_id = acting_root() AND account_id = ${writing.account} AND to_id = ANY (${ids}::uuid[])
      AND (NOT required OR from_id = ANY (${ids}::uuid[]))`.execute(trx);
  await trx
    .deleteFrom('products')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', writing.account)
    .where('id', 'in', [...ids])
    .execute();
}

/**
 * Keeps and drops secrets of a product.
 *
 * @param places where it may have secrets: what is kept for others goes
 */
export async function writeSecrets(
  trx: TenantTransaction,
  account: AccountId,
  product: RowId,
  {
    set,
    cleared,
    places,
  }: { readonly set: readonly SealedSecret[]; readonly cleared: readonly string[]; readonly places: readonly string[] },
): Promise<void> {
  const kept = places.filter((place) => !cleared.includes(place));
  await sql`
    DELETE FROM product_secrets WHERE root_id = acting_root() AND account_id = ${account} AND product_id = ${product}
      AND place <> ALL (${kept}::text[])`.execute(trx);
  if (set.length === 0) return;
  await trx
    .deleteFrom('product_secrets')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('product_id', '=', product)
    .where(
      'place',
      'in',
      set.map(({ place }) => place),
    )
    .execute();
  await trx
    .insertInto('product_secrets')
    .values(set.map((secret) => ({ account_id: account, product_id: product, ...secret })))
    .execute();
}

/**
 * Gives a product to another account, where it is what is written; what it was, and what named it, is in the first no more.
 *
 * @throws the driver's foreign_key_violation when something there can't do without it
 */
export async function moveProduct(
  trx: TenantTransaction,
  from: AccountId,
  writing: Writing,
  product: ProductToWrite,
): Promise<void> {
  const { account } = writing;
  const { id } = product;
  await sql`
    DELETE FROM product_refs WHERE root_id = acting_root() AND account_id = ${from} AND (from_id = ${id} OR (to_id = ${id} AND NOT required))`.execute(
    trx,
  );
  await sql`DELETE FROM product_versions WHERE root_id = acting_root() AND account_id = ${from} AND product_id = ${id}`.execute(
    trx,
  );
  await trx
    .updateTable('products')
    .set({ account_id: account, ...columnsOf(writing, product) })
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', from)
    .where('id', '=', id)
    .execute();
  await insertRefs(trx, account, [product]);
}

import type { AccountId, Instant, ParsedName, RowId } from '@tenantree/domain';
import type { Document, NamedThing, ProductKindKey } from '@tenantree/domain/products';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';
import { jsonList } from '../json-list.ts';
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

/** When something is written, and by whom. */
export type WritingBy = { readonly at: Instant; readonly by: StoredActor; readonly treeVersion: TreeVersion };

/** Where and when something is written, and by whom. */
export type Writing = WritingBy & { readonly account: AccountId; readonly kind: ProductKindKey };

/** What is written of a product, and where. */
export type PlacedToWrite = ProductToWrite & Pick<Writing, 'account' | 'kind'>;

/** Adds products to an account, with what they name. Totals are not touched: see `take`. */
export const insertProducts = (
  trx: TenantTransaction,
  { account, kind, ...writing }: Writing,
  products: readonly ProductToWrite[],
): Promise<void> =>
  insertPlaced(
    trx,
    writing,
    products.map((product) => ({ ...product, account, kind })),
  );

/** The same with products of any kinds, in any accounts. */
export async function insertPlaced(
  trx: TenantTransaction,
  { at, by, treeVersion }: WritingBy,
  products: readonly PlacedToWrite[],
): Promise<void> {
  if (products.length === 0) return;
  await sql`
    SELECT insert_products(${at}::timestamptz, ${JSON.stringify(by)}::jsonb, ${treeVersion}::bigint,
      ${products.map(({ account }) => account)}::uuid[], ${products.map(({ id }) => id)}::uuid[], ${products.map(({ kind }) => kind)}::text[],
      ${products.map(({ name }) => name.name)}::text[], ${products.map(({ name }) => name.key)}::text[], ${products.map(({ externalId }) => externalId)}::text[],
      ${products.map(({ version }) => version)}::int[], ${jsonList(products.map(({ document }) => document))})`.execute(
    trx,
  );
  await insertRefs(trx, products);
}

/** Adds what products name. */
export async function insertRefs(
  trx: TenantTransaction,
  products: readonly Pick<PlacedToWrite, 'account' | 'id' | 'refs'>[],
): Promise<void> {
  const refs = products.flatMap(({ account, id: from, refs: named }) =>
    named.map((ref) => ({ ...ref, account, from })),
  );
  if (refs.length === 0) return;
  await sql`
    SELECT insert_product_refs(${refs.map(({ account }) => account)}::uuid[], ${refs.map(({ from }) => from)}::uuid[], ${refs.map(({ place }) => place)}::text[],
      ${refs.map(({ id }) => id)}::uuid[], ${refs.map(({ need }) => need === 'required')}::bool[])`.execute(trx);
}

/** What a version of a product is in its row. */
const columnsOf = ({ at, by, treeVersion }: WritingBy, { name, version, document }: ProductToWrite) => ({
  name: name.name,
  name_key: name.key,
  version,
  doc: JSON.stringify(document),
  saved_at: at,
  saved_by: JSON.stringify(by),
  tree_version: treeVersion,
});

/** Keeps what a product is now as what it was, and writes another version of it. */
export const updateProduct = (trx: TenantTransaction, writing: Writing, product: ProductToWrite): Promise<void> =>
  updatePlaced(trx, writing, [{ ...product, account: writing.account, kind: writing.kind }]);

/** The same with products of any kinds, in any accounts. */
export async function updatePlaced(
  trx: TenantTransaction,
  writing: WritingBy,
  products: readonly PlacedToWrite[],
): Promise<void> {
  if (products.length === 0) return;
  const { at, by, treeVersion } = writing;
  await keepPast(trx, writing, products, { deleted: false, content: 'kept' });
  await sql`
    UPDATE products p SET name = n.name, name_key = n.name_key, version = n.version, doc = n.doc, saved_at = ${at}::timestamptz,
      saved_by = ${JSON.stringify(by)}::jsonb, tree_version = ${treeVersion}::bigint
    FROM unnest(${products.map(({ account }) => account)}::uuid[], ${products.map(({ id }) => id)}::uuid[], ${products.map(({ name }) => name.name)}::text[],
      ${products.map(({ name }) => name.key)}::text[], ${products.map(({ version }) => version)}::int[], ${products.map(({ document }) => JSON.stringify(document))}::jsonb[])
      n(account, id, name, name_key, version, doc)
    WHERE p.root_id = acting_root() AND p.account_id = n.account AND p.id = n.id`.execute(trx);
  await deleteRefs(trx, products);
  await insertRefs(trx, products);
}

/** Takes away what products name, until that is written anew. */
export async function deleteRefs(
  trx: TenantTransaction,
  products: readonly Pick<PlacedToWrite, 'account' | 'id'>[],
): Promise<void> {
  if (products.length === 0) return;
  await sql`
    DELETE FROM product_refs r USING unnest(${products.map(({ account }) => account)}::uuid[], ${products.map(({ id }) => id)}::uuid[]) n(account, id)
    WHERE r.root_id = acting_root() AND r.account_id = n.account AND r.from_id = n.id`.execute(trx);
}

/** What a product is until now: kept, or no more than that it was. */
type Past = { readonly deleted: boolean; readonly content: 'kept' | 'forgotten' };

const keepPast = (
  trx: TenantTransaction,
  { at, by, treeVersion }: WritingBy,
  products: readonly Pick<PlacedToWrite, 'account' | 'id'>[],
  { deleted, content }: Past,
): Promise<unknown> =>
  sql`
    INSERT INTO product_versions (account_id, product_id, version, kind, name, external_id, doc, saved_at, saved_by, ended_at, ended_by, deleted, tree_version)
    SELECT p.account_id, p.id, p.version, p.kind, CASE WHEN ${content === 'kept'} THEN p.name ELSE '' END, CASE WHEN ${content === 'kept'} THEN p.external_id END,
      CASE WHEN ${content === 'kept'} THEN p.doc ELSE '{}' END, p.saved_at, p.saved_by, ${at}, ${JSON.stringify(by)}, ${deleted}, ${treeVersion}
    FROM unnest(${products.map(({ account }) => account)}::uuid[], ${products.map(({ id }) => id)}::uuid[]) n(account, id)
    JOIN products p ON p.root_id = acting_root() AND p.account_id = n.account AND p.id = n.id`.execute(trx);

/**
 * Deletes products, and keeps what they were, or that they were. Nothing names them any more: what only may be missing is named no longer, and what is required
 * by others that stay fails.
 */
export const deleteProducts = (
  trx: TenantTransaction,
  { account, ...writing }: Writing,
  ids: readonly RowId[],
  content: Past['content'],
): Promise<void> =>
  deletePlaced(
    trx,
    writing,
    ids.map((id) => ({ account, id })),
    content,
  );

/** The same with products of any accounts. */
export async function deletePlaced(
  trx: TenantTransaction,
  writing: WritingBy,
  products: readonly Pick<PlacedToWrite, 'account' | 'id'>[],
  content: Past['content'],
): Promise<void> {
  if (products.length === 0) return;
  await keepPast(trx, writing, products, { deleted: true, content });
  const ids = products.map(({ id }) => id);
  const going = sql`unnest(${products.map(({ account }) => account)}::uuid[], ${ids}::uuid[]) n(account, id)`;
  await sql`
    DELETE FROM product_refs r USING ${going} WHERE r.root_id = acting_root() AND r.account_id = n.account AND r.to_id = n.id
      AND (NOT r.required OR r.from_id = ANY (${ids}::uuid[]))`.execute(trx);
  await sql`
    DELETE FROM products p USING ${going} WHERE p.root_id = acting_root() AND p.account_id = n.account AND p.id = n.id`.execute(
    trx,
  );
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

/** Keeps secrets of products in any accounts that have none at these places. */
export async function insertPlacedSecrets(
  trx: TenantTransaction,
  secrets: readonly (SealedSecret & { readonly account: AccountId; readonly product: RowId })[],
): Promise<void> {
  if (secrets.length === 0) return;
  await sql`
    INSERT INTO product_secrets (account_id, product_id, place, ciphertext, last4)
    SELECT * FROM unnest(${secrets.map(({ account }) => account)}::uuid[], ${secrets.map(({ product }) => product)}::uuid[],
      ${secrets.map(({ place }) => place)}::text[], ${secrets.map(({ ciphertext }) => ciphertext)}::bytea[], ${secrets.map(({ last4 }) => last4)}::text[])`.execute(
    trx,
  );
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
  await insertRefs(trx, [{ ...product, account }]);
}

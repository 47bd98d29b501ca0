import { type AccountId, type Instant, instantOf, nameKey, type RowId } from '@tenantree/domain';
import type { Document, ProductKindKey } from '@tenantree/domain/products';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import type { StoredActor } from '../schema.ts';

/** A product without its secrets. */
export type ProductRow = {
  readonly id: RowId;
  readonly kind: ProductKindKey;
  readonly name: string;
  readonly nameKey: string;
  readonly externalId: string | null;
  readonly version: number;
  readonly document: Document;
  readonly savedAt: Instant;
  readonly savedBy: StoredActor;
};

/** What is told of a product that others name. */
export type ProductLabel = { readonly id: RowId; readonly kind: ProductKindKey; readonly name: string };

const COLUMNS = ['id', 'kind', 'name', 'name_key', 'external_id', 'version', 'doc', 'saved_at', 'saved_by'] as const;

type Stored = {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly name_key: string;
  readonly external_id: string | null;
  readonly version: number;
  readonly doc: Document;
  readonly saved_at: Date;
  readonly saved_by: StoredActor;
};

/** Of our own rows: ids are ids, and kinds are of the registry. */
const rowOf = (stored: Stored): ProductRow => ({
  id: stored.id as RowId,
  kind: stored.kind as ProductKindKey,
  name: stored.name,
  nameKey: stored.name_key,
  externalId: stored.external_id,
  version: stored.version,
  document: stored.doc,
  savedAt: instantOf(stored.saved_at.getTime()),
  savedBy: stored.saved_by,
});

const labelOf = (row: { readonly id: string; readonly kind: string; readonly name: string }): ProductLabel => ({
  id: row.id as RowId,
  kind: row.kind as ProductKindKey,
  name: row.name,
});

/** Which products a list shows. */
export type ProductQuery = {
  readonly account: AccountId;
  readonly kind: ProductKindKey;
  /** Part of a name, or of one of some fields at the top of documents; or an external id. Null: all. */
  readonly search: { readonly text: string; readonly fields: readonly string[] } | null;
  /** Fields at the top of documents that are read: all of a document may be long. */
  readonly fields: readonly string[];
  readonly order: 'name' | 'newest';
  /** The last of the page before. */
  readonly after: { readonly nameKey: string; readonly id: RowId } | null;
  readonly limit: number;
};

const escapedLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** A page of an account's products of a kind: by index, however many there are. */
export async function listProducts(trx: TenantTransaction, asked: ProductQuery): Promise<ProductRow[]> {
  const { account, kind, search, order, after, limit, fields } = asked;
  const text = search?.text ?? null;
  const like = text === null ? null : `%${escapedLike(text)}%`;
  const likeName = text === null ? null : `%${escapedLike(nameKey(text))}%`;
  const { rows } = await sql<Stored>`
    SELECT * FROM products_page(${account}, ${kind}, ${order === 'name'}, ${after?.nameKey ?? null}, ${after?.id ?? null}, ${limit},
      ${[...fields]}, ${[...(search?.fields ?? [])]}, ${text}, ${like}, ${likeName})`.execute(trx);
  return rows.map(rowOf);
}

/** An account's products of a kind. */
const productsOf = (trx: TenantTransaction, account: AccountId, kind: ProductKindKey) =>
  trx
    .selectFrom('products')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('kind', '=', kind);

/** Products of an account by id, in no order. */
export async function findProducts(
  trx: TenantTransaction,
  account: AccountId,
  kind: ProductKindKey,
  ids: readonly RowId[],
): Promise<ProductRow[]> {
  const rows = await productsOf(trx, account, kind)
    .select(COLUMNS)
    .where('id', 'in', [...ids])
    .execute();
  return rows.map(rowOf);
}

/** Products of an account and kind that have one of these external ids. */
export async function findProductsByExternalId(
  trx: TenantTransaction,
  account: AccountId,
  kind: ProductKindKey,
  externalIds: readonly string[],
): Promise<ProductRow[]> {
  if (externalIds.length === 0) return [];
  const rows = await productsOf(trx, account, kind)
    .select(COLUMNS)
    .where('external_id', 'in', [...externalIds])
    .execute();
  return rows.map(rowOf);
}

/** A name of a product of a kind, in an account. */
export type PlacedName = { readonly account: AccountId; readonly kind: ProductKindKey; readonly nameKey: string };

/** Products that have one of these names. */
export async function findProductsByName(
  trx: TenantTransaction,
  names: readonly PlacedName[],
): Promise<(PlacedName & { readonly id: RowId })[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<{ account_id: AccountId; kind: ProductKindKey; name_key: string; id: RowId }>`
    SELECT p.account_id, p.kind, p.name_key, p.id
    FROM unnest(${names.map(({ account }) => account)}::uuid[], ${names.map(({ kind }) => kind)}::text[], ${names.map(({ nameKey: key }) => key)}::text[]) n(account, kind, key)
    JOIN products p ON p.root_id = acting_root() AND p.account_id = n.account AND p.kind = n.kind AND p.name_key = n.key`.execute(
    trx,
  );
  return rows.map(({ account_id: account, kind, name_key: key, id }) => ({ account, kind, nameKey: key, id }));
}

/** Products of an account by id, whatever their kinds. */
export async function labelProducts(
  trx: TenantTransaction,
  account: AccountId,
  ids: readonly RowId[],
): Promise<ProductLabel[]> {
  if (ids.length === 0) return [];
  const rows = await trx
    .selectFrom('products')
    .select(['id', 'kind', 'name'])
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', 'in', [...ids])
    .execute();
  return rows.map(labelOf);
}

/** Something by its id, in an account. */
type PlacedId = { readonly account: AccountId; readonly id: RowId };

/** Products by account and id, whatever their kinds. */
export async function kindsOfProducts(
  trx: TenantTransaction,
  wanted: readonly PlacedId[],
): Promise<(PlacedId & { readonly kind: ProductKindKey })[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<{ account_id: AccountId; id: RowId; kind: ProductKindKey }>`
    SELECT p.account_id, p.id, p.kind
    FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ id }) => id)}::uuid[]) n(account, id)
    JOIN products p ON p.root_id = acting_root() AND p.account_id = n.account AND p.id = n.id`.execute(trx);
  return rows.map(({ account_id: account, id, kind }) => ({ account, id, kind }));
}

/** What names one of these products: at most so many. @param need only what requires them */
export async function findUsers(
  trx: TenantTransaction,
  account: AccountId,
  ids: readonly RowId[],
  { need, limit }: { readonly need: 'any' | 'required'; readonly limit: number },
): Promise<ProductLabel[]> {
  const rows = await trx
    .selectFrom('product_refs as r')
    .innerJoin('products as p', (join) =>
      join
        .onRef('p.root_id', '=', 'r.root_id')
        .onRef('p.account_id', '=', 'r.account_id')
        .onRef('p.id', '=', 'r.from_id'),
    )
    .select(['p.id', 'p.kind', 'p.name'])
    .distinct()
    .where('r.root_id', '=', ACTING_ROOT)
    .where('r.account_id', '=', account)
    .where('r.to_id', 'in', [...ids])
    .$if(need === 'required', (query) => query.where('r.required', '=', true).where('r.from_id', 'not in', [...ids]))
    .orderBy('p.id')
    .limit(limit)
    .execute();
  return rows.map(labelOf);
}

/** What names some products in their accounts: all of it, in no order. @returns `of`: the product that it names */
export async function readUsers(
  trx: TenantTransaction,
  wanted: readonly PlacedId[],
): Promise<(PlacedId & { readonly of: RowId; readonly name: string; readonly required: boolean })[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<{ account_id: AccountId; of: RowId; id: RowId; name: string; required: boolean }>`
    SELECT n.account AS account_id, n.id AS of, p.id, p.name, r.required
    FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ id }) => id)}::uuid[]) n(account, id)
    CROSS JOIN LATERAL (
      SELECT x.from_id, bool_or(x.required) AS required FROM product_refs x WHERE x.root_id = acting_root() AND x.account_id = n.account AND x.to_id = n.id GROUP BY 1) r
    JOIN products p ON p.root_id = acting_root() AND p.account_id = n.account AND p.id = r.from_id`.execute(trx);
  return rows.map(({ account_id: account, ...row }) => ({ ...row, account }));
}

/** Which of some people are members of the accounts that they are asked of. */
export async function membersAmong(trx: TenantTransaction, users: readonly PlacedId[]): Promise<PlacedId[]> {
  if (users.length === 0) return [];
  const { rows } = await sql<{ account_id: AccountId; user_id: RowId }>`
    SELECT m.account_id, m.user_id FROM unnest(${users.map(({ account }) => account)}::uuid[], ${users.map(({ id }) => id)}::uuid[]) n(account, id)
    JOIN members m ON m.root_id = acting_root() AND m.account_id = n.account AND m.user_id = n.id`.execute(trx);
  return rows.map(({ account_id: account, user_id: id }) => ({ account, id }));
}

/** The ends of a product's secrets, by place. */
export async function readSecretEnds(
  trx: TenantTransaction,
  account: AccountId,
  product: RowId,
): Promise<ReadonlyMap<string, string>> {
  const rows = await trx
    .selectFrom('product_secrets')
    .select(['place', 'last4'])
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('product_id', '=', product)
    .execute();
  return new Map(rows.map(({ place, last4 }) => [place, last4]));
}

/** The tree's version when products of a kind were last changed in an account; 0: never. */
export async function readProductsChange(
  trx: TenantTransaction,
  account: AccountId,
  kind: ProductKindKey,
): Promise<number> {
  const { rows } = await sql<{ last: string | null }>`
    SELECT greatest(
      (SELECT tree_version FROM products WHERE root_id = acting_root() AND account_id = ${account} AND kind = ${kind} ORDER BY tree_version DESC LIMIT 1),
      (SELECT tree_version FROM product_versions WHERE root_id = acting_root() AND account_id = ${account} AND kind = ${kind} AND deleted
        ORDER BY tree_version DESC LIMIT 1)) AS last`.execute(trx);
  return Number(rows[0]?.last ?? 0);
}

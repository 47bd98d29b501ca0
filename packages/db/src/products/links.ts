import type { AccountId, RowId } from '@tenantree/domain';
import type { Document, Filling } from '@tenantree/domain/products';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import type { ProductLinksTable } from '../schema.ts';

/** Of what a product is a copy, as it was when it was last written from there. */
export type ProductLink = {
  readonly account: AccountId;
  readonly product: RowId;
  readonly source: {
    readonly account: AccountId;
    readonly product: RowId;
    readonly version: number;
    readonly name: string;
  };
  /** Of which it is a copy; null: all of it. */
  readonly parts: readonly string[] | null;
  /** What was written, with the account's own ids. */
  readonly base: Document;
  /** What those stand for at the source. */
  readonly ids: ReadonlyMap<RowId, RowId>;
  /** Places of secrets that are missing. */
  readonly needs: readonly string[];
  /** It is switched on when the last of them is set. */
  readonly activates: boolean;
  /** The product's, when it was written. */
  readonly version: number;
  /** What stands in it for variables, where a blueprint wrote it. */
  readonly filling: Filling | null;
};

/** What stood in the place of a copy before it was written: a link, or none. */
export type LinkBefore = Omit<ProductLink, 'ids'> & { readonly ids: readonly (readonly [RowId, RowId])[] };

const COLUMNS = [
  'account_id',
  'product_id',
  'source_account',
  'source_id',
  'source_version',
  'source_name',
  'parts',
  'base_doc',
  'ids',
  'needs',
  'activates',
  'version',
  'filling',
] as const;

type Stored = Pick<Selectable<ProductLinksTable>, (typeof COLUMNS)[number]>;

/** Of our own rows. */
const linkOf = (row: Stored): ProductLink => ({
  account: row.account_id as AccountId,
  product: row.product_id as RowId,
  source: {
    account: row.source_account as AccountId,
    product: row.source_id as RowId,
    version: row.source_version,
    name: row.source_name,
  },
  parts: row.parts,
  base: row.base_doc,
  ids: new Map(Object.entries(row.ids) as [RowId, RowId][]),
  needs: row.needs,
  activates: row.activates,
  version: row.version,
  filling: row.filling,
});

/** Links of products of an account, in no order. */
export const readLinks = (
  trx: TenantTransaction,
  account: AccountId,
  products: readonly RowId[],
): Promise<ProductLink[]> =>
  readPlacedLinks(
    trx,
    products.map((product) => ({ account, product })),
  );

/** Links of products by account and id, in no order. */
export async function readPlacedLinks(
  trx: TenantTransaction,
  wanted: readonly Pick<ProductLink, 'account' | 'product'>[],
): Promise<ProductLink[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<Stored>`
    SELECT ${sql.join(COLUMNS.map((column) => sql.ref(`l.${column}`)))}
    FROM (SELECT DISTINCT * FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ product }) => product)}::uuid[])) n(account, id)
    JOIN product_links l ON l.root_id = acting_root() AND l.account_id = n.account AND l.product_id = n.id`.execute(
    trx,
  );
  return rows.map(linkOf);
}

/** The copies of some products that there are in some accounts. Each is looked up: as a join, all copies in the tree were read. */
export async function readLinksOf(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  sources: readonly RowId[],
): Promise<ProductLink[]> {
  const { rows } = await sql<Stored>`
    SELECT ${sql.join(COLUMNS.map((column) => sql.ref(`l.${column}`)))}
    FROM unnest(${[...accounts]}::uuid[]) a(id) CROSS JOIN unnest(${[...sources]}::uuid[]) s(id)
    CROSS JOIN LATERAL (
      SELECT x.* FROM product_links x WHERE x.root_id = acting_root() AND x.account_id = a.id AND x.source_id = s.id LIMIT 1) l`.execute(
    trx,
  );
  return rows.map(linkOf);
}

/** Copies of a product below its account, by the accounts they are in. */
export async function listCopies(
  trx: TenantTransaction,
  {
    account,
    product,
    version,
  }: { readonly account: AccountId; readonly product: RowId /** Null: of any. */; readonly version: number | null },
  after: AccountId | null,
  limit: number,
): Promise<(ProductLink & { readonly name: string; readonly accountName: string })[]> {
  const { rows } = await sql<Stored & { readonly name: string; readonly account_name: string }>`
    SELECT ${sql.join(COLUMNS.map((column) => sql.ref(`l.${column}`)))}, p.name, a.name AS account_name FROM product_links l
    JOIN products p ON p.root_id = acting_root() AND p.account_id = l.account_id AND p.id = l.product_id
    JOIN accounts a ON a.root_id = acting_root() AND a.id = l.account_id
    WHERE l.root_id = acting_root() AND l.source_account = ${account} AND l.source_id = ${product} AND (${after}::uuid IS NULL OR l.account_id > ${after}::uuid)
      AND (${version}::int IS NULL OR l.source_version = ${version}::int)
    ORDER BY l.account_id LIMIT ${limit}`.execute(trx);
  return rows.map((row) => ({ ...linkOf(row), name: row.name, accountName: row.account_name }));
}

/**
 * Notes of what products are copies.
 *
 * @param copies `before`: what stood here before, for whoever takes it back; null: nothing did. `isAsWritten`: what it is compared with is what the
 * product is now
 */
export async function writeLinks(
  trx: TenantTransaction,
  copies: readonly { readonly link: ProductLink; readonly before: LinkBefore | null; readonly isAsWritten?: boolean }[],
): Promise<void> {
  if (copies.length === 0) return;
  const rows = copies.map(
    ({
      link: { account, product, source, parts, base, ids, needs, activates, version, filling },
      before,
      isAsWritten = false,
    }) => ({
      account_id: account,
      product_id: product,
      source_account: source.account,
      source_id: source.product,
      source_version: source.version,
      source_name: source.name,
      parts,
      base_doc: isAsWritten ? null : base,
      ids: Object.fromEntries(ids),
      needs,
      activates,
      version,
      filling,
      before,
    }),
  );
  // As one text: lists of lists would have to be of one length.
  await sql`SELECT write_links(${JSON.stringify(rows)}::jsonb)`.execute(trx);
}

/** What stood in the place of copies before they were last written: of those that were copies then. */
export async function readLinksBefore(
  trx: TenantTransaction,
  wanted: readonly Pick<ProductLink, 'account' | 'product'>[],
): Promise<ProductLink[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<{ before: LinkBefore }>`
    SELECT l.before FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ product }) => product)}::uuid[]) n(account, id)
    JOIN product_links l ON l.root_id = acting_root() AND l.account_id = n.account AND l.product_id = n.id
    WHERE l.before IS NOT NULL`.execute(trx);
  // As writeLinks was given it.
  return rows.map(({ before }) => ({ ...before, filling: before.filling ?? null, ids: new Map(before.ids) }));
}

/** Lets copies be such no more. @returns how many of them were */
export async function deleteLinks(
  trx: TenantTransaction,
  copies: readonly Pick<ProductLink, 'account' | 'product'>[],
): Promise<number> {
  if (copies.length === 0) return 0;
  const { rows } = await sql`
    DELETE FROM product_links l USING unnest(${copies.map(({ account }) => account)}::uuid[], ${copies.map(({ product }) => product)}::uuid[]) n(account, id)
    WHERE l.root_id = acting_root() AND l.account_id = n.account AND l.product_id = n.id RETURNING 1`.execute(trx);
  return rows.length;
}

/** Notes that secrets of a copy were set: what is still missing, and what it is compared with now. */
export async function setLinkNeeds(
  trx: TenantTransaction,
  { account, product, needs, base }: Pick<ProductLink, 'account' | 'product' | 'needs' | 'base'>,
): Promise<void> {
  await trx
    .updateTable('product_links')
    .set({ needs: [...needs], base_doc: JSON.stringify(base) })
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('product_id', '=', product)
    .execute();
}

/** What a copy is one of, as it is now. */
export type CopySource = {
  readonly product: RowId;
  /** `detached`: not above the copy's account any more. */
  readonly state: 'linked' | 'source_gone' | 'detached';
  /** What its account is called, where that stands above. */
  readonly accountName: string | null;
  readonly name: string | null;
  readonly version: number | null;
  /** Null, too, when it is no newer than the copy. */
  readonly document: Document | null;
};

/** What copies in an account are copies of, as it is now, wherever above that stands. */
export async function readSources(
  trx: TenantTransaction,
  account: AccountId,
  products: readonly RowId[],
): Promise<CopySource[]> {
  if (products.length === 0) return [];
  const { rows } = await sql<{
    product_id: RowId;
    account_name: string | null;
    state: CopySource['state'];
    name: string | null;
    version: number | null;
    doc: Document | null;
  }>`SELECT * FROM sources_of_copies(${account}, ${[...products]}::uuid[])`.execute(trx);
  return rows.map(({ product_id: product, account_name: accountName, doc: document, ...row }) => ({
    ...row,
    product,
    accountName,
    document,
  }));
}

import { type AccountId, type Instant, instantOf, type RowId } from '@tenantree/domain';
import type { Document, ProductKindKey } from '@tenantree/domain/products';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';
import type { StoredActor } from '../schema.ts';

/** What a product was until it was saved anew, or deleted. */
export type PastProduct = {
  readonly id: RowId;
  readonly version: number;
  readonly name: string;
  readonly externalId: string | null;
  readonly document: Document;
  readonly savedAt: Instant;
  readonly savedBy: StoredActor;
  readonly endedAt: Instant;
  readonly endedBy: StoredActor;
  readonly deleted: boolean;
  readonly treeVersion: number;
};

const COLUMNS = [
  'product_id',
  'version',
  'name',
  'external_id',
  'doc',
  'saved_at',
  'saved_by',
  'ended_at',
  'ended_by',
  'deleted',
  'tree_version',
] as const;

type Stored = {
  readonly product_id: string;
  readonly version: number;
  readonly name: string;
  readonly external_id: string | null;
  readonly doc: Document;
  readonly saved_at: Date;
  readonly saved_by: StoredActor;
  readonly ended_at: Date;
  readonly ended_by: StoredActor;
  readonly deleted: boolean;
  readonly tree_version: string;
};

const pastOf = (row: Stored): PastProduct => ({
  id: row.product_id as RowId,
  version: row.version,
  name: row.name,
  externalId: row.external_id,
  document: row.doc,
  savedAt: instantOf(row.saved_at.getTime()),
  savedBy: row.saved_by,
  endedAt: instantOf(row.ended_at.getTime()),
  endedBy: row.ended_by,
  deleted: row.deleted,
  treeVersion: Number(row.tree_version),
});

/** Forgets what products were until an instant: so many at the most, the oldest first. @returns how many */
export async function forgetVersions(db: Database, until: Instant, most: number): Promise<number> {
  const { rows } = await sql<{ forgotten: number }>`
    SELECT public.forget_product_versions(${until}::timestamptz, ${most}) AS forgotten`.execute(db.app);
  return rows[0]?.forgotten ?? 0;
}

/** What a product was, the latest version first. @param before versions before this one; null: all */
export async function readPast(
  trx: TenantTransaction,
  { account, kind, product }: { readonly account: AccountId; readonly kind: ProductKindKey; readonly product: RowId },
  before: number | null,
  limit: number,
): Promise<PastProduct[]> {
  const rows = await trx
    .selectFrom('product_versions')
    .select(COLUMNS)
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('product_id', '=', product)
    .where('kind', '=', kind)
    .$if(before !== null, (query) => query.where('version', '<', before))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.map(pastOf);
}

/** What some products were before the versions that they have now; what is not known any more is left out. */
export async function readLast(
  trx: TenantTransaction,
  wanted: readonly { readonly account: AccountId; readonly product: RowId; readonly version: number }[],
): Promise<{ readonly account: AccountId; readonly product: RowId; readonly document: Document }[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<{ account_id: AccountId; product_id: RowId; doc: Document }>`
    SELECT v.account_id, v.product_id, v.doc
    FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ product }) => product)}::uuid[], ${wanted.map(({ version }) => version)}::int[]) n(account, id, version)
    CROSS JOIN LATERAL (
      SELECT x.account_id, x.product_id, x.doc FROM product_versions x
      WHERE x.root_id = acting_root() AND x.account_id = n.account AND x.product_id = n.id AND x.version < n.version
      ORDER BY x.version DESC LIMIT 1) v`.execute(trx);
  return rows.map(({ account_id: account, product_id: product, doc: document }) => ({ account, product, document }));
}

/** Products of a kind that were deleted and are not back, the latest first. */
export async function listDeleted(
  trx: TenantTransaction,
  account: AccountId,
  kind: ProductKindKey,
  after: { readonly treeVersion: number; readonly id: RowId } | null,
  limit: number,
): Promise<PastProduct[]> {
  // One that came back and was deleted again is listed by its last end.
  const { rows } = await sql<Stored>`
    SELECT ${sql.join(COLUMNS.map((column) => sql.ref(column)))} FROM product_versions v
    WHERE root_id = acting_root() AND account_id = ${account} AND kind = ${kind} AND deleted
      AND (${after === null} OR (tree_version, product_id) < (${after?.treeVersion ?? 0}::bigint, ${after?.id ?? null}::uuid))
      AND NOT EXISTS (SELECT FROM product_versions w WHERE w.root_id = v.root_id AND w.account_id = v.account_id AND w.product_id = v.product_id
        AND w.version > v.version)
      AND NOT EXISTS (SELECT FROM products p WHERE p.root_id = v.root_id AND p.account_id = v.account_id AND p.id = v.product_id)
    ORDER BY tree_version DESC, product_id DESC LIMIT ${limit}`.execute(trx);
  return rows.map(pastOf);
}

import { type AccountId, type Instant, instantOf, type RowId } from '@tenantree/domain';
import type { Document, ProductKindKey } from '@tenantree/domain/products';
import { type SqlBool, sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
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

/** Products of a kind that were deleted and are not back, the latest first. */
export async function listDeleted(
  trx: TenantTransaction,
  account: AccountId,
  kind: ProductKindKey,
  after: { readonly treeVersion: number; readonly id: RowId } | null,
  limit: number,
): Promise<PastProduct[]> {
  const rows = await trx
    .selectFrom('product_versions as v')
    .select(COLUMNS)
    .where('v.root_id', '=', ACTING_ROOT)
    .where('v.account_id', '=', account)
    .where('v.kind', '=', kind)
    .where('v.deleted', '=', true)
    .$if(after !== null, (query) =>
      query.where(sql<SqlBool>`(v.tree_version, v.product_id) < (${after?.treeVersion}::bigint, ${after?.id}::uuid)`),
    )
    // One that came back and was deleted again is listed by its last end.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('product_versions as w')
            .select('w.version')
            .whereRef('w.root_id', '=', 'v.root_id')
            .whereRef('w.account_id', '=', 'v.account_id')
            .whereRef('w.product_id', '=', 'v.product_id')
            .whereRef('w.version', '>', 'v.version'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('products as p')
            .select('p.id')
            .whereRef('p.root_id', '=', 'v.root_id')
            .whereRef('p.account_id', '=', 'v.account_id')
            .whereRef('p.id', '=', 'v.product_id'),
        ),
      ),
    )
    .orderBy('v.tree_version', 'desc')
    .orderBy('v.product_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(pastOf);
}

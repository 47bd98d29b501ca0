import type { AccountId, Instant, RowId } from '@tenantree/domain';
import type { Document, ProductKindKey } from '@tenantree/domain/products';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import type { JobRef } from '../jobs/queue.ts';

/** A product somewhere in the acting account's subtree. */
export type PlacedProduct = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly kind: ProductKindKey;
  readonly name: string;
  readonly nameKey: string;
  readonly version: number;
  readonly document: Document;
  /** Places of secrets that are set. */
  readonly secrets: readonly string[];
};

type Stored = {
  readonly account_id: AccountId;
  readonly id: RowId;
  readonly kind: ProductKindKey;
  readonly name: string;
  readonly name_key: string;
  readonly version: number;
  readonly doc: Document;
  readonly secrets: readonly string[];
};

const placedOf = ({ account_id: account, name_key: nameKey, doc: document, ...row }: Stored): PlacedProduct => ({
  ...row,
  account,
  nameKey,
  document,
});

/** Before all others. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

const SECRETS = sql`ARRAY(SELECT s.place FROM product_secrets s WHERE s.root_id = p.root_id AND s.account_id = p.account_id AND s.product_id = p.id ORDER BY 1)`;

/** Some products of an account with all that they can't do without, however far that goes. */
export async function readWithRequired(
  trx: TenantTransaction,
  account: AccountId,
  products: readonly RowId[],
): Promise<PlacedProduct[]> {
  const { rows } = await sql<Stored>`
    WITH RECURSIVE needed(id) AS (
      SELECT n.id FROM unnest(${[...products]}::uuid[]) n(id)
      UNION SELECT r.to_id FROM needed n
        JOIN product_refs r ON r.root_id = acting_root() AND r.account_id = ${account} AND r.from_id = n.id AND r.required)
    SELECT p.account_id, p.id, p.kind, p.name, p.name_key, p.version, p.doc, ${SECRETS} AS secrets
    FROM needed n JOIN products p ON p.root_id = acting_root() AND p.account_id = ${account} AND p.id = n.id`.execute(
    trx,
  );
  return rows.map(placedOf);
}

/** Products by account and id, in no order; what isn't there is left out. */
export async function readPlaced(
  trx: TenantTransaction,
  wanted: readonly { readonly account: AccountId; readonly product: RowId }[],
): Promise<PlacedProduct[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<Stored>`
    SELECT p.account_id, p.id, p.kind, p.name, p.name_key, p.version, p.doc, ${SECRETS} AS secrets
    FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ product }) => product)}::uuid[]) n(account, id)
    JOIN products p ON p.root_id = acting_root() AND p.account_id = n.account AND p.id = n.id`.execute(trx);
  return rows.map(placedOf);
}

/** A name that stands in an account. */
export type StandingName = {
  readonly account: AccountId;
  readonly kind: ProductKindKey;
  readonly key: string;
  readonly id: RowId;
};

/**
 * What is in the way of names in some accounts: products of these kinds that have one of the keys, or one that begins like them, which a number
 * behind it would make the same; and the one there is of kinds of which there is but one. Each kind is looked up in each account: as a join, all
 * products of the tree were read.
 */
export async function readNames(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  names: readonly { readonly kind: ProductKindKey; readonly key: string }[],
  singles: readonly ProductKindKey[],
): Promise<StandingName[]> {
  const { rows } = await sql<{ account_id: AccountId; kind: ProductKindKey; name_key: string; id: RowId }>`
    WITH wanted AS MATERIALIZED (
      SELECT n.kind, array_agg(n.key) AS keys, array_agg(left(regexp_replace(n.key, ' \\(\\d+\\)$', ''), 100)) AS begins, n.kind = ANY (${[...singles]}::text[]) AS is_single
      FROM unnest(${names.map(({ kind }) => kind)}::text[], ${names.map(({ key }) => key)}::text[]) n(kind, key) GROUP BY n.kind)
    SELECT a.id AS account_id, w.kind, p.name_key, p.id
    FROM unnest(${[...accounts]}::uuid[]) a(id) CROSS JOIN wanted w CROSS JOIN LATERAL (
      SELECT x.name_key, x.id FROM products x WHERE x.root_id = acting_root() AND x.account_id = a.id AND x.kind = w.kind AND (
        w.is_single OR x.name_key = ANY (w.keys) OR EXISTS (SELECT FROM unnest(w.begins) b(text) WHERE starts_with(x.name_key COLLATE "C", b.text)))
      OFFSET 0) p`.execute(trx);
  return rows.map(({ account_id: account, kind, name_key: key, id }) => ({ account, kind, key, id }));
}

/** Products of an account in the versions that somebody saw; without those that were deleted since. */
export async function readInVersions(
  trx: TenantTransaction,
  account: AccountId,
  wanted: readonly { readonly product: RowId; readonly version: number }[],
): Promise<Pick<PlacedProduct, 'id' | 'kind' | 'name' | 'version' | 'document' | 'secrets'>[]> {
  const { rows } = await sql<Stored>`
    SELECT p.account_id, p.id, p.kind, coalesce(v.name, p.name) AS name, '' AS name_key, w.version, coalesce(v.doc, p.doc) AS doc, ${SECRETS} AS secrets
    FROM unnest(${wanted.map(({ product }) => product)}::uuid[], ${wanted.map(({ version }) => version)}::int[]) w(id, version)
    JOIN products p ON p.root_id = acting_root() AND p.account_id = ${account} AND p.id = w.id
    LEFT JOIN product_versions v ON v.root_id = acting_root() AND v.account_id = ${account} AND v.product_id = w.id AND v.version = w.version
    WHERE p.version = w.version OR v.version IS NOT NULL`.execute(trx);
  return rows.map(placedOf);
}

/** Plans of what: each has a table of its own. */
export type PlansOf = 'import_plans' | 'blueprint_plans';

/** What was shown before it is run. Plans that nobody ran in a day are forgotten with the next one. */
export async function insertShownPlan(
  trx: TenantTransaction,
  table: PlansOf,
  account: AccountId,
  plan: {
    readonly id: RowId;
    readonly asked: unknown;
    readonly shown: unknown;
    readonly now: Instant;
    readonly forget: Instant;
  },
): Promise<void> {
  await trx
    .deleteFrom(table)
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('created_at', '<', new Date(plan.forget))
    .execute();
  await trx
    .insertInto(table)
    .values({
      account_id: account,
      id: plan.id,
      asked: JSON.stringify(plan.asked),
      shown: JSON.stringify(plan.shown),
      created_at: plan.now,
    })
    .execute();
}

/** Takes a plan, which nobody can take again; null: there is none, or somebody has. */
export async function takeShownPlan(
  trx: TenantTransaction,
  table: PlansOf,
  account: AccountId,
  id: RowId,
): Promise<{ readonly asked: unknown; readonly shown: unknown; readonly createdAt: Date } | null> {
  const row = await trx
    .deleteFrom(table)
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .returning(['asked', 'shown', 'created_at'])
    .executeTakeFirst();
  return row ? { asked: row.asked, shown: row.shown, createdAt: row.created_at } : null;
}

/** Reads a plan; null: there is none. */
export async function readShownPlan(
  trx: TenantTransaction,
  table: PlansOf,
  account: AccountId,
  id: RowId,
): Promise<{ readonly asked: unknown } | null> {
  const row = await trx
    .selectFrom(table)
    .select('asked')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** The phone numbers, of some, that calls are on, by leases that name them: for each call one. @param held they are about to move: no call begins on them meanwhile */
export async function readNumbersInCall(
  trx: TenantTransaction,
  numbers: readonly { readonly account: AccountId; readonly id: RowId }[],
  held?: 'held',
): Promise<readonly RowId[]> {
  if (numbers.length === 0) return [];
  const [accounts, ids] = [numbers.map(({ account }) => account), numbers.map(({ id }) => id)];
  if (held)
    await sql`
      SELECT FROM (SELECT * FROM unnest(${accounts}::uuid[], ${ids}::uuid[]) n(account_id, id) ORDER BY id) n
      CROSS JOIN LATERAL (
        SELECT FROM products x WHERE x.root_id = acting_root() AND x.account_id = n.account_id AND x.id = n.id LIMIT 1 FOR UPDATE) p`.execute(
      trx,
    );
  const { rows } = await sql<{
    id: RowId;
  }>`SELECT id FROM numbers_in_call(${accounts}::uuid[], ${ids}::uuid[]) n(id)`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Compliance profiles of some accounts that are approved and valid on a day. @param today as ISO 8601 writes it */
export async function readApprovedProfiles(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  today: string,
): Promise<{ readonly account: AccountId; readonly id: RowId }[]> {
  const { rows } = await sql<{ account_id: AccountId; id: RowId }>`
    SELECT p.account_id, p.id FROM unnest(${[...accounts]}::uuid[]) a(id)
    JOIN products p ON p.root_id = acting_root() AND p.account_id = a.id AND p.kind = 'complianceProfile'
    WHERE p.doc ->> 'status' = 'approved' AND coalesce(p.doc ->> 'validUntil', ${today}) >= ${today}`.execute(trx);
  return rows.map(({ account_id: account, id }) => ({ account, id }));
}

/** Campaigns that run and that use some products, however far away: each with what it uses of them. */
export async function readCampaignsUsing(
  trx: TenantTransaction,
  wanted: readonly { readonly account: AccountId; readonly product: RowId }[],
): Promise<
  { readonly account: AccountId; readonly campaign: RowId; readonly name: string; readonly product: RowId }[]
> {
  const { rows } = await sql<{ account_id: AccountId; campaign: RowId; name: string; id: RowId }>`
    WITH RECURSIVE w AS MATERIALIZED (
      SELECT DISTINCT n.account, n.id FROM unnest(${wanted.map(({ account }) => account)}::uuid[], ${wanted.map(({ product }) => product)}::uuid[]) n(account, id)),
    uses AS (
      SELECT p.account_id, p.id AS campaign, p.name, r.to_id AS id FROM (SELECT DISTINCT account FROM w) a
      JOIN products p ON p.root_id = acting_root() AND p.account_id = a.account AND p.kind = 'campaign' AND p.doc ->> 'status' = 'running'
      JOIN product_refs r ON r.root_id = acting_root() AND r.account_id = p.account_id AND r.from_id = p.id
      UNION SELECT u.account_id, u.campaign, u.name, r.to_id FROM uses u
      JOIN product_refs r ON r.root_id = acting_root() AND r.account_id = u.account_id AND r.from_id = u.id)
    SELECT u.account_id, u.campaign, u.name, u.id FROM uses u JOIN w ON w.account = u.account_id AND w.id = u.id
    ORDER BY u.account_id, u.campaign, u.id`.execute(trx);
  return rows.map(({ account_id: account, id: product, ...row }) => ({ ...row, account, product }));
}

/** A copy that waits for secrets. */
export type WaitingCopy = {
  /** The item of the job that it came by. */
  readonly item: number;
  readonly account: AccountId;
  readonly accountName: string;
  readonly product: RowId;
  readonly kind: ProductKindKey;
  readonly name: string;
  /** Places of what is missing. */
  readonly needs: readonly string[];
};

/**
 * Copies that an import brought, or wrote anew, and that still wait for secrets: those of some kinds, in the order in which they came.
 *
 * @param after the last one of the page before; null: from the first
 */
export async function readWaiting(
  trx: TenantTransaction,
  { account, job }: JobRef,
  kinds: readonly ProductKindKey[],
  after: Pick<WaitingCopy, 'item' | 'product'> | null,
  limit: number,
): Promise<WaitingCopy[]> {
  const { rows } = await sql<{
    n: number;
    account_id: AccountId;
    account_name: string;
    id: RowId;
    kind: ProductKindKey;
    name: string;
    needs: readonly string[];
  }>`
    SELECT i.n, i.target_id AS account_id, a.name AS account_name, d.product AS id, p.kind, p.name, l.needs FROM job_items i
    CROSS JOIN LATERAL jsonb_to_recordset(i.result -> 'items') d(product uuid, needs jsonb)
    CROSS JOIN LATERAL (
      SELECT x.needs FROM product_links x WHERE x.root_id = acting_root() AND x.account_id = i.target_id AND x.product_id = d.product AND x.needs <> '{}' LIMIT 1) l
    CROSS JOIN LATERAL (SELECT x.kind, x.name FROM products x WHERE x.root_id = acting_root() AND x.account_id = i.target_id AND x.id = d.product LIMIT 1) p
    CROSS JOIN LATERAL (SELECT x.name FROM accounts x WHERE x.root_id = acting_root() AND x.id = i.target_id LIMIT 1) a
    WHERE i.account_id = ${account} AND i.job_id = ${job} AND i.state = 'done' AND i.n >= ${after?.item ?? 0}
      AND d.needs <> '[]' AND p.kind = ANY (${[...kinds]}::text[])
      AND (i.n, d.product) > (${after?.item ?? 0}::int, ${after?.product ?? NO_ID}::uuid)
    ORDER BY i.n, d.product LIMIT ${limit}`.execute(trx);
  return rows.map(({ n: item, account_id, account_name: accountName, id: product, ...row }) => ({
    ...row,
    item,
    account: account_id,
    accountName,
    product,
  }));
}

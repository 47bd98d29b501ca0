import type { AccountId, AccountStatus, BillingMode, Instant, Metadata, SuspensionOrder } from '@tenantree/domain';
import { type Selectable, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { Schema } from '../schema.ts';
import { suspensionOrderOf } from './account-rows.ts';
import { ACTING_ROOT, atOrBelow, pathOf } from './place.ts';
import type { TreeVersion } from './tree-version.ts';

/** Starts a change of a tree: waits for its turn (one change at a time, none while usage of the tree is counted) and takes the next version. */
export async function beginTreeChange(trx: TenantTransaction, root: AccountId): Promise<TreeVersion> {
  const { rows } = await sql<{ v: string }>`SELECT begin_tree_change(${root}) AS v`.execute(trx);
  return Number(rows[0]!.v);
}

/** What the rules need to know of an account before it is changed, read inside the change. */
export type AccountState = {
  readonly id: AccountId;
  readonly rootId: AccountId;
  readonly parentId: AccountId | null;
  /** From the root down to the account itself. */
  readonly path: readonly AccountId[];
  readonly depth: number;
  readonly name: string;
  readonly nameKey: string;
  readonly externalId: string | null;
  readonly metadata: Metadata;
  readonly status: AccountStatus;
  readonly suspension: SuspensionOrder | null;
  readonly suspendedAt: Instant | null;
  readonly protected: boolean;
  readonly billingMode: BillingMode;
  /** The nearest direct-billed account at or above it. */
  readonly payerId: AccountId;
  /** When its billing transfer ends by itself; null: none is under way. */
  readonly transferUntil: Instant | null;
  readonly children: number;
  readonly closedAt: Instant | null;
};

/** Reads an account of the acting account's subtree; null when there is none. */
export const readAccountState = async (trx: TenantTransaction, account: AccountId): Promise<AccountState | null> =>
  (await readAccountStates(trx, [account]))[0] ?? null;

/** Reads accounts of the acting account's subtree, in no order; ids outside it are left out. */
export async function readAccountStates(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
): Promise<AccountState[]> {
  const rows = await trx
    .selectFrom('accounts')
    .selectAll()
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', sql<string>`ANY (${[...accounts]}::uuid[])`)
    .execute();
  return rows.map(stateOf);
}

/** When accounts of the acting account's subtree were made; ids outside it are left out. */
export async function readMadeAt(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, Instant>> {
  const rows = await trx
    .selectFrom('accounts')
    .select(['id', 'created_at'])
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', sql<string>`ANY (${[...accounts]}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.id as AccountId, row.created_at.toISOString() as Instant]));
}

/** An account as the rules need to know it. */
export function stateOf(row: Selectable<Schema['accounts']>): AccountState {
  return {
    id: row.id as AccountId,
    rootId: row.root_id as AccountId,
    parentId: row.parent_id as AccountId | null,
    path: pathOf(row.root_id as AccountId, row.path_key),
    depth: row.depth,
    name: row.name,
    nameKey: row.name_key,
    externalId: row.external_id,
    metadata: row.metadata as Metadata,
    status: row.status,
    suspension: suspensionOrderOf(row),
    suspendedAt: instantOrNull(row.suspended_at),
    protected: row.protected,
    billingMode: row.billing_mode,
    payerId: row.payer_id as AccountId,
    transferUntil: instantOrNull(row.transfer_until),
    children: row.children,
    closedAt: instantOrNull(row.closed_at),
  };
}

/** The live (not closed) child of `parent` with this name key, if any. */
export async function findSibling(
  trx: TenantTransaction,
  parent: AccountId,
  nameKey: string,
): Promise<{ readonly id: AccountId; readonly name: string } | null> {
  const row = await trx
    .selectFrom('accounts')
    .select(['id', 'name'])
    .where('root_id', '=', ACTING_ROOT)
    .where('parent_id', '=', parent)
    .where('name_key', '=', nameKey)
    .where('status', '<>', 'closed')
    .executeTakeFirst();
  return row ? { id: row.id as AccountId, name: row.name } : null;
}

/** Number of levels below an account (0: no descendants), closed ones included. */
export async function subtreeHeight(trx: TenantTransaction, account: AccountState): Promise<number> {
  const { rows } = await sql<{
    depth: number;
  }>`SELECT max(depth) AS depth FROM accounts a WHERE ${atOrBelow('a', account.id)}`.execute(trx);
  return (rows[0]?.depth ?? account.depth) - account.depth;
}

/** Writes an account's name. */
export async function updateName(
  trx: TenantTransaction,
  account: AccountId,
  name: string,
  nameKey: string,
  version: TreeVersion,
): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({ name, name_key: nameKey, version })
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', account)
    .execute();
}

/** Writes an account's metadata. */
export async function updateMetadata(
  trx: TenantTransaction,
  account: AccountId,
  metadata: Record<string, unknown>,
  version: TreeVersion,
): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({ metadata: JSON.stringify(metadata), version })
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', account)
    .execute();
}

/** Writes an account's deletion protection. */
export async function updateProtection(
  trx: TenantTransaction,
  account: AccountId,
  isProtected: boolean,
  version: TreeVersion,
): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({ protected: isProtected, version })
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', account)
    .execute();
}

/** Writes an account's own status and suspension, and takes it out of (or back into) its ancestors' totals when it closes (or reopens). */
export async function updateStatus(
  trx: TenantTransaction,
  account: AccountState,
  next: Pick<AccountState, 'status' | 'suspension' | 'suspendedAt' | 'closedAt'>,
  version: TreeVersion,
): Promise<void> {
  const closes = next.status === 'closed' && account.status !== 'closed';
  const reopens = next.status !== 'closed' && account.status === 'closed';
  if (closes && account.parentId) await sql`SELECT graft_totals(${account.id}, ${version}, -1)`.execute(trx);
  await trx
    .updateTable('accounts')
    .set({
      status: next.status,
      suspension_kind: next.suspension?.kind ?? null,
      suspended_from: next.suspension?.from ?? null,
      suspended_until: next.suspension?.until ?? null,
      suspended_at: next.suspendedAt,
      suspension_reason: next.suspension?.reason ?? null,
      closed_at: next.closedAt,
      version,
    })
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', account.id)
    .execute();
  if (reopens && account.parentId) await sql`SELECT graft_totals(${account.id}, ${version}, 1)`.execute(trx);
}

/** Moves an account with its subtree under another parent of the same tree and remembers where it stood (rules/accounts 19). */
export async function moveSubtree(
  trx: TenantTransaction,
  account: AccountId,
  parent: AccountId,
  version: TreeVersion,
  now: Instant,
): Promise<void> {
  await sql`SELECT move_subtree(${account}, ${parent}, ${version}, ${now}::timestamptz)`.execute(trx);
}

/** What a suspension of this account would hit: itself and everything live below it. */
export async function readSuspensionReach(
  trx: TenantTransaction,
  account: AccountId,
): Promise<{ accounts: number; members: number; agents: number; sample: { id: AccountId; name: string }[] }> {
  const row = await trx
    .selectFrom('accounts')
    .select(['subaccounts', 'total_members', 'total_agents'])
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', account)
    .executeTakeFirstOrThrow();
  const { rows } = await sql<{ id: AccountId; name: string }>`
    SELECT id, name FROM accounts a WHERE ${atOrBelow('a', account)} AND id <> ${account} AND status <> 'closed' ORDER BY depth, name_key LIMIT 10`.execute(
    trx,
  );
  return { accounts: row.subaccounts + 1, members: row.total_members, agents: row.total_agents, sample: rows };
}

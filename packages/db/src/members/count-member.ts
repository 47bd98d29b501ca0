import type { AccountId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';

/**
 * Counts a person who became a member of an account, or is one no more: as one of its own, and as one in each account above that has them
 * nowhere else in its subtree.
 */
export async function countMember(
  trx: TenantTransaction,
  account: AccountId,
  user: UserId,
  what: 'came' | 'left',
  version: TreeVersion,
): Promise<void> {
  await sql`SELECT count_member(${account}, ${user}, ${version}, ${what === 'came' ? 1 : -1})`.execute(trx);
}

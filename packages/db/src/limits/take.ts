import type { AccountId, SummedResource } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';

/**
 * Counts something that an account has more of now: as its own, and in the totals of all accounts above it, deepest first. Part of a
 * change of the tree. People and accounts are no sums: see `countMember` and `insertAccount`.
 *
 * @param n how many; negative: it has so many less
 * @throws the driver's check_violation when it had not so many
 */
export async function take(
  trx: TenantTransaction,
  account: AccountId,
  resource: SummedResource,
  n: number,
  version: TreeVersion,
): Promise<void> {
  await sql`SELECT take(${account}, ${resource}, ${n}, ${version})`.execute(trx);
}

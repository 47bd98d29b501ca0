import type { AccountId, SummedResource } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';

/** What an account has more of now. */
export type Taken = {
  readonly account: AccountId;
  readonly resource: SummedResource;
  /** How many; negative: it has so many less. */
  readonly n: number;
};

/**
 * Counts what accounts have more of now: as their own, and in the totals of all accounts above them, deepest first. Part of a change of the tree.
 * People and accounts are no sums: see `countMember` and `insertAccount`.
 *
 * @throws the driver's check_violation when one had not so many, and what `refusedByLimit` reads when a limit doesn't let all of it through
 */
export async function take(trx: TenantTransaction, taken: readonly Taken[], version: TreeVersion): Promise<void> {
  if (taken.length === 0) return;
  await sql`
    SELECT take(${taken.map(({ account }) => account)}::uuid[], ${taken.map(({ resource }) => resource)}::text[], ${taken.map(({ n }) => n)}::bigint[], ${version})`.execute(
    trx,
  );
}

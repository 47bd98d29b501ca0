import { type Kysely, sql } from 'kysely';

/**
 * What every admission pays for, made less (docs/decisions/0025-limits.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Its check locked and wrote the row of the account for every lease, which took as long as counting. Leases are written by admit and
    -- admit_exactly only, behind the tree's lock and for accounts that stand in it; erase_account and change_root, the only ones that take an
    -- account out of its tree, take its leases along.
    ALTER TABLE leases DROP CONSTRAINT leases_root_id_account_id_fkey;
    -- One index of what is over, for whoever looks through all trees and for whoever looks in one: what is over is ended within a second,
    -- and so is little.
    DROP INDEX leases_expiry;
    DROP INDEX leases_overdue;
    CREATE INDEX leases_overdue ON leases (expires_at, root_id, kind);
  `.execute(db);
}

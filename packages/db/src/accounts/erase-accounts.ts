import type { AccountId, Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import type { TreeVersion } from './tree-version.ts';

/** A closed account whose retention is over. */
export type Erasable = { readonly id: AccountId; readonly rootId: AccountId; readonly name: string };

/**
 * Finds closed, unprotected accounts without children, deepest first, of which nothing more will be billed.
 *
 * @param before `closed`: when they were closed; `settled`: nothing can come any more of periods that ended before
 */
export async function findErasable(
  db: Database,
  before: { readonly closed: Instant; readonly settled: Instant },
  limit: number,
): Promise<Erasable[]> {
  const { rows } = await sql<{ id: AccountId; root_id: AccountId; name: string }>`
    SELECT * FROM public.accounts_to_erase(${before.closed}::timestamptz, ${before.settled}::timestamptz, ${limit})`.execute(
    db.app,
  );
  return rows.map((row) => ({ id: row.id, rootId: row.root_id, name: row.name }));
}

/** Erases an account's data; usage totals and the audit log stay (rules/accounts 18). */
export async function eraseAccount(trx: TenantTransaction, account: AccountId, version: TreeVersion): Promise<void> {
  await sql`SELECT erase_account(${account}, ${version})`.execute(trx);
}

import {
  type AccountState,
  appendAudit,
  beginTreeChange,
  type Changed,
  endTreeChange,
  type NewAuditEntry,
  readAccountState,
  type TenantTransaction,
} from '@tenantree/db';
import type { AccountId, AuditEntry, Instant } from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from './hall.ts';
import { entryOf, type Target } from './note.ts';
import { refuseWith } from './refused.ts';

/** An ongoing change of one tree: everything in it is committed together, with its audit entry, or not at all. */
export type TreeChangeScope = {
  readonly trx: TenantTransaction;
  readonly version: number;
  readonly now: Instant;
  /** Reads an account of the acting subtree as it is now. @throws Refused NOT_FOUND */
  account(id: AccountId): Promise<AccountState>;
  /** Notes accounts whose rows change, so that live viewers are sent them. */
  touch(ids: readonly AccountId[]): void;
  /** Notes that accounts came to where their minutes are news. */
  moveUsage(): void;
  /** Notes an audit entry of this change; all of them are written at its end. */
  audit(account: AccountId, entry: AuditEntry, target: Target | null): Promise<void>;
};

/**
 * Changes a tree in one transaction, as the account `acting` (row-level security shows no more than its subtree), and tells
 * live viewers after the commit. Changes of one tree happen one after the other.
 */
export async function changeTree<T>(
  hall: Hall,
  caller: Caller,
  where: { readonly root: AccountId; readonly acting: AccountId },
  work: (scope: TreeChangeScope) => Promise<T>,
): Promise<T> {
  const touched = new Set<AccountId>();
  const entries: NewAuditEntry[] = [];
  let usage: Pick<Changed, 'usage'> = {};
  const { version, accounts, result } = await hall.db.withTenant(where.acting, async (trx) => {
    const version = await beginTreeChange(trx, where.root);
    // Read after the wait for the tree: the moment of the change is when its turn came.
    const now = nowOf(hall);
    const result = await work({
      trx,
      version,
      now,
      account: async (id) =>
        (await readAccountState(trx, id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account'),
      touch: (ids) => {
        for (const id of ids) touched.add(id);
      },
      moveUsage: () => {
        usage = { usage: 'moved' };
      },
      audit: async (account, entry, target) => {
        entries.push(entryOf(hall, caller, now, account, entry, target));
      },
    });
    await appendAudit(trx, entries);
    const accounts = [...touched];
    await endTreeChange(trx, where.root, version, { accounts, ...usage });
    return { version, accounts, result };
  });
  hall.announce.accounts({ root: where.root, version, ids: accounts, ...usage });
  return result;
}

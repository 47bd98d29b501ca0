import { appendAudit, type NewAuditEntry, type TenantTransaction } from '@tenantree/db';
import type { AccountId, AuditEntry, Instant } from '@tenantree/domain';
import type { Caller, Hall } from './hall.ts';

/** What an audit entry is about. */
export type Target = { readonly id: string; readonly name: string };

/** The audit entry of a change. */
export const entryOf = (
  hall: Hall,
  caller: Caller,
  at: Instant,
  account: AccountId,
  entry: AuditEntry,
  target: Target | null,
): NewAuditEntry => ({
  ...entry,
  id: hall.newId(),
  account,
  at,
  actor: caller.actor,
  target,
  requestId: caller.requestId,
});

/** Writes the audit entry of a change into the change's own transaction. */
export const note = (
  hall: Hall,
  caller: Caller,
  trx: TenantTransaction,
  at: Instant,
  account: AccountId,
  entry: AuditEntry,
  target: Target | null,
): Promise<void> => appendAudit(trx, [entryOf(hall, caller, at, account, entry, target)]);

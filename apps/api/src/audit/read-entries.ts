import type { AuditLogEntry } from '@tenantree/contract';
import { type AuditQuery, type AuditRow, readAudit } from '@tenantree/db';
import {
  type AccountId,
  accountsNamedIn,
  auditKindOf,
  auditSentence,
  parseAuditAction,
  shownEntry,
} from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import { reachedAmong, seesWholeWay } from '../guard/reach.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

type ShownRow = Omit<AuditRow, 'actor'> & {
  readonly actor: Omit<AuditRow['actor'], 'via'> & {
    readonly via: { readonly id: AccountId | null; readonly name: string } | null;
  };
};

/**
 * Reads entries of the acting account's log, newest first; with `nested` also of the accounts below, which is for whoever sees those.
 *
 * @throws Refused FORBIDDEN for `nested` without the permission Subaccounts
 */
export async function readEntries(
  hall: Hall,
  actor: Actor,
  access: Access,
  query: Omit<AuditQuery, 'root' | 'account'>,
): Promise<AuditLogEntry[]> {
  if (query.scope === 'nested' && access.levels['account.subaccounts'] === 'none')
    refuseWith(
      'FORBIDDEN',
      `What was done below “${access.name}” needs the permission Account & Settings → Subaccounts.`,
      'scope',
    );
  const rows = await hall.db.withTenant(
    access.id,
    (trx) => readAudit(trx, { ...query, root: access.root, account: access.id }),
    { snapshot: true },
  );
  const isReached = await reachOf(hall, actor, access, rows);
  return rows.map((stored) => {
    const row = shownEntry<ShownRow>(stored, isReached);
    const action = parseAuditAction(row.action);
    return { ...row, kind: action && auditKindOf(action), sentence: auditSentence(row.action, row.details) };
  });
}

/** Whether the reader reaches accounts that entries name. Who sees the whole way down may be told of everything in the tree. */
async function reachOf(
  hall: Hall,
  actor: Actor,
  access: Access,
  rows: readonly AuditRow[],
): Promise<(account: AccountId | null) => boolean> {
  if (seesWholeWay(access)) return () => true;
  const named = [...new Set(rows.flatMap(accountsNamedIn))];
  const reached = await reachedAmong(hall, actor, named);
  return (account) => account !== null && reached.has(account);
}

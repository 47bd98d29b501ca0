import { type AuditQuery, type AuditRow, readAudit } from '@tenantree/db';
import { type AuditKind, auditKindOf, auditSentence, parseAuditAction } from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

/** An entry as it is read: what was done in a sentence that follows the actor's name. */
export type Entry = AuditRow & {
  /** Null for an action of a later release. */
  readonly kind: AuditKind | null;
  readonly sentence: string;
};

/**
 * Reads entries of the acting account's log, newest first; with `nested` also of the accounts below, which is for whoever sees those.
 *
 * @throws Refused FORBIDDEN for `nested` without the permission Subaccounts
 */
export async function readEntries(
  hall: Hall,
  access: Access,
  query: Omit<AuditQuery, 'root' | 'account'>,
): Promise<Entry[]> {
  if (query.scope === 'nested' && access.levels['account.subaccounts'] === 'none')
    refuseWith(
      'FORBIDDEN',
      `What was done below “${access.name}” needs the permission Account & Settings → Subaccounts.`,
      'scope',
    );
  const rows = await hall.db.withTenant(access.id, (trx) =>
    readAudit(trx, { ...query, root: access.root, account: access.id }),
  );
  return rows.map((row) => {
    const action = parseAuditAction(row.action);
    return { ...row, kind: action && auditKindOf(action), sentence: auditSentence(row.action, row.details) };
  });
}

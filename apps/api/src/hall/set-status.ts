import { type AccountState, endAssignments, endSubscription, findSibling, updateStatus } from '@tenantree/db';
import { type AuditEntry, decideStatus, msOf, type StatusCommand, SUSPENSION_LABELS } from '@tenantree/domain';
import type { Change } from './change.ts';
import { granted } from './refused.ts';

/** What is done to the status of an account by somebody. */
export type StatusChangeWish = Exclude<StatusCommand, { event: 'erase' }>;

/** Changes the status of an account, inside a change. @throws Refused */
export async function setStatus(scope: Change, account: AccountState, command: StatusChangeWish): Promise<void> {
  const change = granted(decideStatus(await stateFor(scope, account), command, msOf(scope.now)));
  if (change.status === 'erased') throw new Error('only the job erases');
  const closedAt = change.status === 'closed' ? scope.now : null;
  const suspendedAt = command.event === 'suspend' ? scope.now : change.suspension && account.suspendedAt;
  const { status, suspension } = change;
  await updateStatus(scope.trx, account, { status, suspension, suspendedAt, closedAt }, scope.version);
  // Whoever pays and leaves pays until then; what is used still is on its last invoices.
  if (command.event === 'close' && account.billingMode === 'direct')
    await endSubscription(scope.trx, account.id, scope.now);
  if (command.event === 'close') await endAssignments(scope.trx, account.id, scope.now);
  const { action, details } = entryOf(account, command);
  scope.happened(action, account.id, details, { id: account.id, name: account.name });
  scope.shows(account.path);
  scope.rights({ subtree: account.id });
}

async function stateFor(scope: Change, account: AccountState): Promise<Parameters<typeof decideStatus>[0]> {
  const parent = account.parentId ? await scope.account(account.parentId) : null;
  const sibling = parent ? await findSibling(scope.trx, parent.id, account.nameKey) : null;
  return {
    ...account,
    liveChildren: account.children,
    parent,
    siblingOfThatName: sibling?.id === account.id ? null : sibling,
  };
}

function entryOf({ name }: AccountState, command: StatusChangeWish): AuditEntry {
  switch (command.event) {
    case 'suspend': {
      const { from, until, reason } = command.suspension;
      const kind = SUSPENSION_LABELS[command.suspension.kind];
      const given = { ...(from && { from }), ...(until && { until }), ...(reason !== null && { reason }) };
      return { action: 'account.suspended', details: { account: name, kind, ...given } };
    }
    case 'reactivate':
      return { action: 'account.reactivated', details: { account: name } };
    case 'close':
      return { action: 'account.closed', details: { account: name } };
    case 'reopen':
      return { action: 'account.reopened', details: { account: name } };
  }
}

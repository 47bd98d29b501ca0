import {
  type AccountState,
  endAssignments,
  endSubscription,
  findSibling,
  readSuspensionReach,
  updateStatus,
} from '@tenantree/db';
import {
  type AccountId,
  type AccountRow,
  type AuditEntry,
  decideStatus,
  msOf,
  type StatusCommand,
  SUSPENSION_LABELS,
  type SuspensionOrder,
} from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { act } from '../transfers/act.ts';
import { readBack } from './read-back.ts';
import type { Standing } from './standing.ts';

/**
 * Suspends an account, and thereby its subtree in effect (rules/accounts 11). A main account can't be suspended: no rule asked for it,
 * but nobody would stand above it to reactivate it.
 *
 * @throws Refused
 */
export async function suspendAccount(
  hall: Hall,
  caller: Caller,
  where: Standing,
  suspension: SuspensionOrder,
): Promise<AccountRow> {
  if (where.parent === null)
    refuseWith('FORBIDDEN', 'A main account can’t be suspended: nobody stands above it to reactivate it.');
  return changeStatus(hall, caller, where, { event: 'suspend', suspension });
}

/** Ends an account's own suspension; what its descendants were before, they are again (rules/accounts 11). @throws Refused */
export const reactivateAccount = (hall: Hall, caller: Caller, where: Standing): Promise<AccountRow> =>
  changeStatus(hall, caller, where, { event: 'reactivate' });

/** Closes an account without live children; its data is kept for the retention (rules/accounts 16). @throws Refused */
export const closeAccount = (hall: Hall, caller: Caller, where: Standing): Promise<AccountRow> =>
  changeStatus(hall, caller, where, { event: 'close' });

/** Reopens a closed account as it was (rules/accounts 17). @throws Refused */
export const reopenAccount = (hall: Hall, caller: Caller, where: Standing): Promise<AccountRow> =>
  changeStatus(hall, caller, where, { event: 'reopen' });

/** What a suspension would hit. */
export const previewSuspension = (hall: Hall, account: AccountId): ReturnType<typeof readSuspensionReach> =>
  hall.db.withTenant(account, (trx) => readSuspensionReach(trx, account), { snapshot: true });

type Command = Exclude<StatusCommand, { event: 'erase' }>;

async function changeStatus(hall: Hall, caller: Caller, where: Standing, command: Command): Promise<AccountRow> {
  const acting = where.parent?.id ?? where.id;
  return hall.change(caller, { root: where.root, acting }, async (scope) => {
    const account = await scope.account(where.id);
    // Closed in the middle of a transfer, the account is in none any more.
    if (command.event === 'close' && account.transferUntil !== null)
      await act(hall, scope, caller, where.id, { event: 'close' });
    await setStatus(scope, await scope.account(where.id), command);
    return readBack(hall, scope, where.id);
  });
}

/** Changes the status of an account, inside a change. @throws Refused */
export async function setStatus(scope: Change, account: AccountState, command: Command): Promise<void> {
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

function entryOf({ name }: AccountState, command: Command): AuditEntry {
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

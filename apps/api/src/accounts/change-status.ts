import { readSuspensionReach } from '@tenantree/db';
import type { AccountId, AccountRow, SuspensionOrder } from '@tenantree/domain';
import type { Caller, Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { type StatusChangeWish, setStatus } from '../hall/set-status.ts';
import { act } from '../hall/transfer/act.ts';
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

async function changeStatus(
  hall: Hall,
  caller: Caller,
  where: Standing,
  command: StatusChangeWish,
): Promise<AccountRow> {
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

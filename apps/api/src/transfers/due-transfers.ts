import { findTransfer, findTransfersDue, type TransferDue } from '@tenantree/db';
import type { AccountId, TransferEvent } from '@tenantree/domain';
import { type Change, SYSTEM } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { setStatus } from '../hall/set-status.ts';
import { act } from '../hall/transfer/act.ts';
import { THE_SYSTEM } from '../jobs/enqueue.ts';
import { complete } from './complete-transfer.ts';

const AT_ONCE = 200;

/**
 * Does what is due of transfers under way: ends those whose time is over, reminds of an end, takes plans back that are not offered any more,
 * or don't fit the account any more, and completes what a suspension kept from completing (rules/transfer 3, 4, 6). By the clock of the database; any number of servers may ask at once, and each thing is done once.
 */
export async function doTransfersDue(hall: Hall, onError: (error: unknown, where: object) => void): Promise<void> {
  const due = await findTransfersDue(hall.db, AT_ONCE);
  for (const one of due) {
    // What fails of one holds up no other, and is tried again a minute later.
    await doDue(hall, one).catch((error: unknown) => onError(error, { account: one.account, event: one.event }));
  }
}

const doDue = (hall: Hall, due: TransferDue): Promise<void> => {
  const { root, account, id } = due;
  const where = { root, acting: root, ...(due.event === 'complete' && { counting: 'stops' as const }) };
  return hall.change(SYSTEM, where, async (scope) => {
    const present = (await findTransfer(scope.trx, account))?.transfer;
    // Another one was started meanwhile, it has ended, or the account has left.
    if (present?.id !== id || present.state !== 'in_progress') return;
    if (due.event === 'complete') {
      await complete(hall, scope, THE_SYSTEM, account);
      return;
    }
    const { effects } = await act(hall, scope, THE_SYSTEM, account, eventOf(hall, due));
    if (effects.some(({ effect }) => effect === 'suspend')) await suspend(scope, account);
  });
};

/** What a deployment may choose for whoever lets the time run out. */
async function suspend(scope: Change, id: AccountId): Promise<void> {
  const account = await scope.account(id);
  if (account.suspension !== null || account.status === 'closed') return;
  const reason = 'The time of its billing transfer is over.';
  const suspension = { kind: 'read_only', from: null, until: null, reason } as const;
  await setStatus(scope, account, { event: 'suspend', suspension });
}

function eventOf(hall: Hall, due: Exclude<TransferDue, { readonly event: 'complete' }>): TransferEvent {
  switch (due.event) {
    case 'expire':
      return { event: 'expire', afterwards: hall.settings.transferExpiry };
    case 'planLost':
      return { event: 'planLost', plan: due.plan };
    case 'remind':
      return { event: 'remind', days: due.days, expiresAt: due.expiresAt };
  }
}

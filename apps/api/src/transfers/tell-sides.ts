import { type AccountState, readCaretakers } from '@tenantree/db';
import type { Transfer, TransferEffect } from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { type Addressee, orderJob, type Told } from './order-job.ts';

type Tell = Extract<TransferEffect, { readonly effect: 'tell' }>;

/**
 * Asks for the mails that tell both sides what happened: the owners and admins who look after the account from above, and whoever completes it.
 * Of a start the child's side is told by its invitation.
 */
export async function tellSides(
  hall: Pick<Hall, 'newId'>,
  scope: Change,
  account: AccountState,
  transfer: Transfer,
  effects: readonly TransferEffect[],
): Promise<void> {
  const tells = effects.filter((effect): effect is Tell => effect.effect === 'tell');
  if (tells.length === 0 || account.parentId === null) return;
  const { id, name, parentId } = account;
  const toldTo = (to: Addressee, side: Told['side'], tell: Tell): Told => ({
    to,
    side,
    what: tell.what,
    transfer: transfer.id,
    name,
    recipient: transfer.recipient,
    until: transfer.expiresAt,
    days: tell.what === 'reminder' ? (transfer.reminded.at(-1) ?? null) : null,
    reason: 'reason' in tell ? tell.reason : null,
  });
  const toParent = tells.filter(({ whom }) => whom !== 'child');
  const toChild = tells.filter(({ whom, what }) => whom !== 'parent' && what !== 'started');
  const caretakers = toParent.length === 0 ? [] : await readCaretakers(scope.trx, id);
  // Of the account, as long as they look after it: of one that has left, nobody from above does.
  const isLeaving = tells.some(({ what }) => what === 'completed');
  await orderJob(hall, scope, 'transfers.tell', {
    account: isLeaving ? parentId : id,
    items: toParent.flatMap((tell) =>
      caretakers.map(({ user, account: { id: member } }) => toldTo({ user, member }, 'parent', tell)),
    ),
  });
  await orderJob(hall, scope, 'transfers.tell', {
    account: id,
    items: toChild.map((tell) => toldTo({ email: transfer.recipient }, 'child', tell)),
  });
}

import {
  countMember,
  findTransfer,
  insertMember,
  insertTransfer,
  type JobAsker,
  markInTransfer,
  readMembers,
  readTransferGround,
  type SettledProduct,
  type StoredTransfer,
  type TransferWritten,
  updateRole,
  updateTransfer,
} from '@tenantree/db';
import {
  type AccountId,
  type AuditEntry,
  decideTransfer,
  type Instant,
  msOf,
  type ReminderDays,
  STEP_LABELS,
  statusAt,
  TRANSFER_STEPS,
  type Transfer,
  type TransferEffect,
  type TransferEvent,
  type UserId,
} from '@tenantree/domain';
import type { Change } from '../change.ts';
import type { Hall } from '../hall.ts';
import { granted } from '../refused.ts';
import { orderJob } from './order-job.ts';
import { tellSides } from './tell-sides.ts';

/** What an event made of the transfer of an account. */
export type Acted = {
  /** Null: it has none, and the event needed none. */
  readonly transfer: Transfer | null;
  /** What remains to be done by who asked: that an account leaves, or is suspended. */
  readonly effects: readonly TransferEffect[];
  /** By the clock of the database. */
  readonly now: Instant;
};

/** What is written with an event that the rules don't ask about. */
export type WithEvent = Pick<TransferWritten, 'details' | 'reason' | 'customer' | 'card'> & {
  /** What a transfer that starts is to do with products that came from above. */
  readonly products?: readonly SettledProduct[];
};

/**
 * Lets something happen to the transfer of an account, inside a change of its tree that acts for the whole of it: both sides are told. What the
 * rules decide is written over the version that they decided about, with everything that goes with it.
 *
 * @throws Refused as the table of rules/transfer says
 */
export async function act(
  hall: Hall,
  scope: Change,
  by: JobAsker,
  id: AccountId,
  event: TransferEvent,
  more: WithEvent = {},
): Promise<Acted> {
  const account = await scope.account(id);
  const stored = await findTransfer(scope.trx, id);
  const { now, ...ground } = await readTransferGround(scope.trx, id);
  const nowMs = msOf(now);
  const situation = {
    ...ground,
    account: { ...account, ...ground, status: statusAt(account.status, account.suspension, nowMs) },
    transfer: stored?.transfer ?? null,
  };
  const { transfer, effects } = granted(decideTransfer(situation, event, nowMs));
  if (transfer && transfer !== stored?.transfer) {
    await write(scope, id, stored, transfer, { effects, now, more });
    const { action, details } = entryOf(account.name, event, stored?.transfer ?? null, transfer, more.reason ?? null);
    // One that leaves has a log of its own from then on: here it is the parent's.
    const log = event.event === 'complete' && account.parentId !== null ? account.parentId : id;
    scope.happened(action, log, details, { id, name: account.name });
    scope.shows([id]);
    // Who owns the account has Billing during a transfer.
    if (stored?.transfer.state !== transfer.state) scope.rights({ subtree: id });
  }
  const toTell: TransferEffect[] = [];
  for (const effect of effects) {
    if (effect.effect === 'tell') toTell.push(effect);
    else if (transfer) await follow(hall, scope, by, id, transfer, effect);
  }
  if (transfer) await tellSides(hall, scope, account, transfer, toTell);
  return { transfer, effects, now };
}

type Written = {
  readonly effects: readonly TransferEffect[];
  readonly now: Instant;
  readonly more: WithEvent;
};

async function write(
  scope: Change,
  id: AccountId,
  stored: StoredTransfer | null,
  transfer: Transfer,
  { effects, now, more }: Written,
): Promise<void> {
  const has = (effect: TransferEffect['effect']): boolean => effects.some((one) => one.effect === effect);
  const ahead = effects.flatMap((one): ReminderDays[] => (one.effect === 'scheduleReminder' ? [one.days] : []));
  const isNew = stored?.transfer.id !== transfer.id;
  if (isNew) await insertTransfer(scope.trx, id, transfer, { now, ahead, products: more.products ?? [] });
  else {
    const kept = await updateTransfer(scope.trx, id, stored.transfer, transfer, {
      ...more,
      ...(has('scheduleEnd') && { ahead }),
      ...(has('voidToken') && { tokenHash: null }),
      ...(has('deleteDetails') && { details: null }),
    });
    if (!kept) throw new Error(`the transfer ${transfer.id} was changed beside the lock of its tree`);
  }
  // Whoever leaves is marked with the rest of it.
  if (has('release')) return;
  const until = transfer.state === 'in_progress' ? transfer.expiresAt : null;
  const before = isNew || stored.transfer.state !== 'in_progress' ? null : stored.transfer.expiresAt;
  if (until !== before) await markInTransfer(scope.trx, id, until, scope.version);
}

/** Does what goes with an event, in its transaction, or asks for it there. */
async function follow(
  hall: Hall,
  scope: Change,
  by: JobAsker,
  id: AccountId,
  transfer: Transfer,
  effect: TransferEffect,
): Promise<void> {
  switch (effect.effect) {
    case 'inviteRecipient':
      return orderJob(hall, scope, 'transfers.invite', { account: id, items: [{ transfer: transfer.id }] });
    case 'makeOwner':
      return makeOwner(scope, id, effect.userId);
    case 'detachPayment':
      return orderJob(hall, scope, 'payments.detach', { account: id, items: [{ method: effect.method }] });
    case 'retryPayment':
      return orderJob(hall, scope, 'payments.begin', {
        account: id,
        items: [{ transfer: transfer.id, method: effect.method }],
      });
    case 'complete':
      return orderJob(hall, scope, 'transfers.complete', { account: id, items: [{ transfer: transfer.id }], by });
    default:
      // Written with the transfer, or left to who asked.
      return;
  }
}

async function makeOwner(scope: Change, id: AccountId, user: UserId): Promise<void> {
  const { name } = await scope.account(id);
  const member = (await readMembers(scope.trx, id)).find(({ userId }) => userId === user);
  if (member?.role === 'owner') return;
  if (member) await updateRole(scope.trx, id, user, 'owner');
  else {
    await insertMember(scope.trx, id, user, 'owner', scope.now);
    await countMember(scope.trx, id, user, 'came', scope.version);
  }
  const [now] = (await readMembers(scope.trx, id)).filter(({ userId }) => userId === user);
  const target = { id: user, name: now?.name ?? '' };
  if (member)
    scope.happened(
      'member.roleChanged',
      id,
      { member: target.name, account: name, before: member.role, after: 'owner' },
      target,
    );
  else scope.happened('member.invitationAccepted', id, { account: name, role: 'owner' }, target);
  scope.shows((await scope.account(id)).path);
  scope.rights({ subtree: id, users: [user] });
}

/** What the journal says of an event that changed something. */
function entryOf(
  account: string,
  event: TransferEvent,
  before: Transfer | null,
  after: Transfer,
  reason: string | null,
): AuditEntry {
  const said = { account, ...(reason !== null && { reason }) };
  switch (event.event) {
    case 'start':
      return {
        action: 'transfer.started',
        details: { account, recipient: after.recipient, until: after.expiresAt },
      };
    case 'extend':
      return { action: 'transfer.extended', details: { account, until: after.expiresAt } };
    case 'resend':
      return { action: 'transfer.resent', details: { account, recipient: after.recipient } };
    case 'mailBounced':
      return { action: 'transfer.mailBounced', details: { account, recipient: after.recipient } };
    case 'remind':
      return { action: 'transfer.reminded', details: { account, days: event.days } };
    case 'cancel':
    case 'close':
      return { action: 'transfer.cancelled', details: said };
    case 'decline':
      return { action: 'transfer.declined', details: said };
    case 'expire':
      return { action: 'transfer.expired', details: { account } };
    case 'complete':
      return { action: 'transfer.completed', details: { account } };
    case 'providerReported':
    case 'providerUnreachable':
      return { action: 'transfer.paymentReported', details: { account, state: after.steps.payment?.state ?? '' } };
    default: {
      const cleared = TRANSFER_STEPS.filter((step) => before?.steps[step] && !after.steps[step]);
      const done = TRANSFER_STEPS.filter((step) => after.steps[step] && before?.steps[step] !== after.steps[step]);
      const isCleared = done.length === 0;
      const step = (isCleared ? cleared : done).map((one) => STEP_LABELS[one]).join(', ');
      return { action: isCleared ? 'transfer.stepCleared' : 'transfer.stepDone', details: { account, step } };
    }
  }
}

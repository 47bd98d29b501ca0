import { type AgencyInvitation, completeTransfer, findTransfer, type JobAsker, readCaretakers } from '@tenantree/db';
import { type AccountId, DAY_MS, type Instant, instantOf, msOf } from '@tenantree/domain';
import { INVITATION_DAYS } from '../hall/accept.ts';
import type { Change } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { callsIn, takeBackPromises } from '../hall/limits/follow-plan.ts';
import { act } from '../hall/transfer/act.ts';
import { orderJob } from '../hall/transfer/order-job.ts';
import { unfitOf } from './checklist.ts';
import { settleProducts } from './settle-products.ts';

/**
 * Completes the transfer of an account inside a change of its tree while nobody counts it: the account is a main account of its own from then
 * on, with everything that is below it (rules/transfer 11). Again, it answers the same.
 *
 * @returns from when on the account pays for itself
 * @throws Refused as the table of rules/transfer says
 */
export async function complete(hall: Hall, scope: Change, by: JobAsker, id: AccountId): Promise<{ at: Instant }> {
  const account = await scope.account(id);
  const started = await findTransfer(scope.trx, id);
  const unfit = await unfitOf(scope, hall, account, started?.transfer ?? null);
  const { transfer, effects } = await act(hall, scope, by, id, { event: 'complete', unfit });
  const release = effects.find((effect) => effect.effect === 'release');
  if (!transfer?.endedAt) throw new Error('what is completed has an end');
  if (release?.effect !== 'release') return { at: transfer.endedAt };
  const settled = await settleProducts(scope, by, account.path, started?.products ?? []);
  if (account.parentId !== null && settled.blank + settled.takenBack > 0)
    scope.happened('transfer.productsSettled', account.parentId, { ...settled, account: account.name }, account);
  await takeBackPromises(scope, id, await callsIn(scope.trx, release.plan), account.parentId ?? id);
  const agency = release.agency === 'kept' ? await agencyOf(hall, scope, id) : [];
  // Of the account, and so it comes along: whoever does it later does it in the tree that begins.
  await orderJob(hall, scope, 'transfers.inviteAgency', {
    account: id,
    items: agency.map(({ id: invitation }) => ({ invitation })),
  });
  const until = instantOf(msOf(release.at) + INVITATION_DAYS * DAY_MS);
  const left = await completeTransfer(
    scope.trx,
    id,
    { id: transfer.id, at: release.at, agency, until, settled },
    by,
    scope.version,
  );
  scope.becomes(left.version);
  scope.left(account.path);
  scope.shows(account.path);
  scope.movesUsage();
  scope.rights({ subtree: id });
  return { at: left.at };
}

/** Owners and admins who looked after it, as they are invited. */
async function agencyOf(hall: Hall, scope: Change, id: AccountId): Promise<AgencyInvitation[]> {
  const caretakers = await readCaretakers(scope.trx, id);
  return caretakers.map(({ email, emailKey }) => ({ id: hall.newId(), email: emailKey, shown_email: email }));
}

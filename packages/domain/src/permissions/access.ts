import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountStatus } from '../hierarchy/account.ts';
import { accountNotFound } from '../hierarchy/account-ref.ts';
import {
  admitUnderSuspension,
  type DatedSuspension,
  effectiveSuspension,
  type SuspendableAccount,
  suspendedSince,
  type Work,
} from '../hierarchy/suspension.ts';
import type { AccountId } from '../ids.ts';
import { quoted } from '../text.ts';
import type { Instant } from '../time.ts';
import { type CappedAccount, gives, type Membership, reachesFrom } from './effective.ts';
import { needed } from './levels.ts';
import { type Level, type PermissionKey, permission } from './registry.ts';

/** What a procedure declares (rules/permissions 10): the permission, the level it needs, and what it does as far as suspension and closing care. */
export type Need = { readonly permission: PermissionKey; readonly level: Level; readonly work: Work };

/** Who asks, and for which account. */
export type AccessState = {
  /** The account as the request named it, for the sentence of NOT_FOUND. */
  readonly asked: string;
  readonly memberships: readonly Membership[];
  /** The ancestor chain of the acting account, root first, itself last. */
  readonly chain: readonly (SuspendableAccount & CappedAccount)[];
  readonly status: AccountStatus;
};

/**
 * Whether an actor may do what a procedure needs in the acting account; the answer is the membership that allows it, of several the nearest.
 * Not reachable: NOT_FOUND (rules/permissions 7). Otherwise one and the same membership must both give the level and stand free of a
 * suspension that stops the work, or a suspended owner could lean on a viewer's freedom. A closed account is read and reopened, and takes its last
 * usage: which of it is from before is the event's question.
 *
 * @param nowMs UTC milliseconds since 1970
 */
export function decideAccess(state: AccessState, need: Need, nowMs: number): Decision<Membership> {
  const path = state.chain.map(({ id }) => id);
  const account = state.chain.at(-1);
  const reaching = state.memberships.filter((membership) => reachesFrom(membership, path));
  if (!account || reaching.length === 0) return accountNotFound(state.asked);

  const nearest = (one: Membership, other: Membership): number =>
    path.indexOf(other.account) - path.indexOf(one.account);
  let refusal: Decision<Membership> = lacking(need, account.name);
  const wanted = needed(need.permission, need.level);
  for (const membership of reaching.sort(nearest)) {
    const above = state.chain.slice(0, path.indexOf(membership.account) + 1);
    if (!gives(membership, above, wanted)) continue;
    const binding = effectiveSuspension(above, nowMs);
    const admitted = admitUnderSuspension(binding?.kind ?? null, need.work, account.name);
    if (admitted.ok)
      return state.status === 'closed' ? admitWhenClosed(membership, need.work, account.name) : accept(membership);
    refusal = admitted;
  }
  return refusal;
}

/**
 * Since when an actor's usage for an account is held back by suspensions (rules/accounts 15); null when all is taken, as it is from whoever
 * stands above every suspension. Only for an actor whom `decideAccess` admitted.
 *
 * @param nowMs UTC milliseconds since 1970
 */
export function usageHeldSince(
  state: Pick<AccessState, 'memberships'> & { readonly chain: readonly (DatedSuspension & CappedAccount)[] },
  need: Need,
  nowMs: number,
): Instant | null {
  const path = state.chain.map(({ id }) => id);
  const wanted = needed(need.permission, need.level);
  let latest: Instant | null = null;
  for (const membership of state.memberships) {
    if (!reachesFrom(membership, path)) continue;
    const above = state.chain.slice(0, path.indexOf(membership.account) + 1);
    if (!gives(membership, above, wanted)) continue;
    if (!admitUnderSuspension(effectiveSuspension(above, nowMs)?.kind ?? null, need.work, '').ok) continue;
    const since = suspendedSince(above, nowMs);
    if (since === null) return null;
    if (latest === null || since > latest) latest = since;
  }
  return latest;
}

/**
 * The accounts of a chain that send the last one a bill: all above it, and itself when it pays for itself (rules/permissions 12). Whoever
 * stands only below them never lowers what is billed.
 *
 * @param chain root first, the account itself last
 */
export const sellersOf = (chain: readonly { readonly id: AccountId; readonly payerId: AccountId }[]): AccountId[] =>
  chain.filter(({ id }, position) => position < chain.length - 1 || chain.at(-1)?.payerId === id).map(({ id }) => id);

const lacking = (need: Need, accountName: string): Decision<never> =>
  refuse('FORBIDDEN', `This needs ${permission(need.permission).label}: ${need.level} in ${quoted(accountName)}.`);

const admitWhenClosed = (by: Membership, work: Work, accountName: string): Decision<Membership> =>
  work === 'read' || work === 'restore' || work === 'usage' || work === 'transfer'
    ? accept(by)
    : refuse('ACCOUNT_CLOSED', `${quoted(accountName)} is closed. It can be read, but not changed.`);

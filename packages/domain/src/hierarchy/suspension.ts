import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { quoted } from '../text.ts';
import { type Instant, instantOf, msOf } from '../time.ts';
import { type AccountStatus, SUSPENSION_KINDS, type Suspension, type SuspensionKind } from './account.ts';

/** One account of a chain, as far as suspension is concerned. */
export type SuspendableAccount = {
  readonly id: AccountId;
  readonly name: string;
  readonly suspension: Suspension | null;
};

/** One account of a chain, with the instant at which its suspension was decided. */
export type DatedSuspension = SuspendableAccount & { readonly suspendedAt: Instant | null };

/** The suspension that applies, and the account it comes from. */
export type EffectiveSuspension = { readonly kind: SuspensionKind; readonly by: SuspendableAccount };

/** What somebody is about to do in an account, as far as suspension and closing tell it apart. */
export type Work = 'read' | 'change' | 'create' | 'usage' | 'restore' | 'transfer';

/** `from_before`: what happened before the suspension began. */
type Admission = 'admitted' | 'from_before' | 'refused';

/**
 * What each suspension lets through (rules/accounts 12). *No new work* stops only what creates; what is running is changed and counted.
 * *Read-only* takes the usage from before it, which may arrive late (`suspendedSince`). `restore` is reopening: a change like any other
 * here, but one that a closed account admits. `transfer` is the child's part in a billing transfer, which no suspension stops: it ends with the
 * edge to those above (rules/transfer 3).
 */
export const WORK_UNDER_SUSPENSION: Readonly<Record<SuspensionKind, Readonly<Record<Work, Admission>>>> = {
  no_new_work: {
    read: 'admitted',
    change: 'admitted',
    create: 'refused',
    usage: 'admitted',
    restore: 'admitted',
    transfer: 'admitted',
  },
  read_only: {
    read: 'admitted',
    change: 'refused',
    create: 'refused',
    usage: 'from_before',
    restore: 'refused',
    transfer: 'admitted',
  },
  full_stop: {
    read: 'refused',
    change: 'refused',
    create: 'refused',
    usage: 'refused',
    restore: 'refused',
    transfer: 'admitted',
  },
};

/** Whether a suspension holds at an instant: from its start (inclusive) to its end (exclusive). */
export const holdsAt = (suspension: Suspension, nowMs: number): boolean =>
  (suspension.from === null || msOf(suspension.from) <= nowMs) &&
  (suspension.until === null || nowMs < msOf(suspension.until));

/**
 * An account's own status as people see it at an instant: a suspension that has ended, or not begun, leaves the account active
 * although it is still stored. What is seen at one instant can be asked again at a later one.
 */
export function statusAt(status: AccountStatus, suspension: Suspension | null, nowMs: number): AccountStatus {
  if (status === 'closed' || suspension === null) return status;
  return holdsAt(suspension, nowMs) ? 'suspended' : 'active';
}

/** An account as far as its own suspension is concerned. */
type OwnStatus = { readonly status: AccountStatus; readonly suspension: Suspension | null };

/** The account without a suspension that has ended: what is still stored of that means nothing. */
export function forgetEnded<Account extends OwnStatus>(account: Account, nowMs: number): Account {
  const { status, suspension } = account;
  if (suspension === null || suspension.until === null || nowMs < msOf(suspension.until)) return account;
  return { ...account, status: status === 'closed' ? status : 'active', suspension: null };
}

/** The account as people see it at an instant (rules/accounts 13); the very same object when that is how it is. */
export function seenAt<Account extends OwnStatus>(account: Account, nowMs: number): Account {
  const lasting = forgetEnded(account, nowMs);
  const status = statusAt(lasting.status, lasting.suspension, nowMs);
  return status === lasting.status ? lasting : { ...lasting, status };
}

/** Orders suspensions by strictness: positive when `a` is the stricter. */
export const compareStrictness = (a: SuspensionKind, b: SuspensionKind): number =>
  SUSPENSION_KINDS.indexOf(a) - SUSPENSION_KINDS.indexOf(b);

/**
 * The suspension in effect at the end of a chain (rules/accounts 11): the strictest among the account's own and its ancestors' that hold
 * now. Of equals the topmost decides, because as long as it stands, lifting those below changes nothing.
 * Asked with the chain of an actor's membership it tells what binds that actor: suspension binds whoever stands at or below the
 * suspended account, not people who come from above. A closed account's remembered suspension keeps applying.
 *
 * @param chain root first, the account itself last
 * @param nowMs UTC milliseconds since 1970
 */
export function effectiveSuspension(chain: readonly SuspendableAccount[], nowMs: number): EffectiveSuspension | null {
  let effective: EffectiveSuspension | null = null;
  for (const by of chain) {
    if (by.suspension === null || !holdsAt(by.suspension, nowMs)) continue;
    const kind = by.suspension.kind;
    if (effective === null || compareStrictness(kind, effective.kind) > 0) effective = { kind, by };
  }
  return effective;
}

/**
 * Since when usage of a chain is held back by the read-only suspensions that hold now; null when none does (rules/accounts 15). What happened
 * before is taken. A suspension begins when it is decided, or later when it says so.
 *
 * @param chain root first, down to the account where the actor stands
 * @param nowMs UTC milliseconds since 1970
 */
export function suspendedSince(chain: readonly DatedSuspension[], nowMs: number): Instant | null {
  const begun = chain.flatMap(({ suspension, suspendedAt }) => {
    if (suspension === null || !holdsAt(suspension, nowMs)) return [];
    if (WORK_UNDER_SUSPENSION[suspension.kind].usage === 'admitted') return [];
    return [Math.max(...[suspension.from, suspendedAt].map((instant) => (instant === null ? 0 : msOf(instant))))];
  });
  return begun.length === 0 ? null : instantOf(Math.min(...begun));
}

/** When time alone next begins or ends a suspension of a chain; null when it never does. @param nowMs UTC milliseconds since 1970 */
export function nextTurn(chain: readonly SuspendableAccount[], nowMs: number): Instant | null {
  const turns = chain.flatMap(({ suspension }) => (suspension ? [suspension.from, suspension.until] : []));
  const ahead = turns.flatMap((turn) => (turn !== null && msOf(turn) > nowMs ? [msOf(turn)] : []));
  return ahead.length === 0 ? null : instantOf(Math.min(...ahead));
}

/** How people call the suspensions. */
export const SUSPENSION_LABELS: Readonly<Record<SuspensionKind, string>> = {
  no_new_work: 'no new work',
  read_only: 'read-only',
  full_stop: 'full stop',
};

/**
 * Whether a suspension lets some work through. The sentence names the account that the work is for and never the one that suspended it:
 * who is bound may not learn of accounts above (rules/accounts 14).
 */
export function admitUnderSuspension(kind: SuspensionKind | null, work: Work, accountName: string): Decision<null> {
  if (kind === null || WORK_UNDER_SUSPENSION[kind][work] !== 'refused') return accept(null);
  if (work === 'usage') return refuse('USAGE_SUSPENDED', usageSuspended(accountName));
  const what = {
    no_new_work: 'Nothing new can be created in it until it is reactivated.',
    read_only: 'It can be read, but not changed, until it is reactivated.',
    full_stop: 'Nobody from it gets in until it is reactivated.',
  }[kind];
  return refuse('ACCOUNT_SUSPENDED', `${quoted(accountName)} is suspended (${SUSPENSION_LABELS[kind]}). ${what}`);
}

/** The sentence to those whose usage is held back: nothing of it is lost if they keep it. */
export const usageSuspended = (accountName: string): string =>
  `${quoted(accountName)} is suspended. Keep this usage and send it again when it is reactivated.`;

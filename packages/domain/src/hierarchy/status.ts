import { accept, type Decision, type ErrorCode, refuse } from '../errors.ts';
import { counted, quoted } from '../text.ts';
import { DAY_MS, type Instant, msOf } from '../time.ts';
import type { AccountStatus, SuspensionOrder } from './account.ts';
import { nameTaken } from './create.ts';
import { forgetEnded } from './suspension.ts';

/** What can happen to an account's own status. */
export type StatusEvent = 'suspend' | 'reactivate' | 'close' | 'reopen' | 'erase';

/** Where an event leads: a status, `remembered` (what it was before closing), out of the database, or nowhere and why. */
type Outcome =
  | { readonly to: AccountStatus | 'remembered' | 'erased' }
  | { readonly refusal: ErrorCode; readonly because: string };

/**
 * The status of an account, total: every status × event has an outcome (rules/accounts 10). Suspending what is suspended replaces its
 * meaning and times. Only own status is here: an ancestor's suspension applies in effect (suspension.ts) and changes nothing below.
 */
export const STATUS_TABLE = {
  active: {
    suspend: { to: 'suspended' },
    reactivate: { refusal: 'ALREADY_IN_STATE', because: 'is active already' },
    close: { to: 'closed' },
    reopen: { refusal: 'NOT_CLOSED', because: 'is active, not closed' },
    erase: { refusal: 'NOT_CLOSED', because: 'is active; only closed accounts are erased' },
  },
  suspended: {
    suspend: { to: 'suspended' },
    reactivate: { to: 'active' },
    close: { to: 'closed' },
    reopen: { refusal: 'NOT_CLOSED', because: 'is not closed, but suspended or about to be; reactivate it instead' },
    erase: { refusal: 'NOT_CLOSED', because: 'is not closed; only closed accounts are erased' },
  },
  closed: {
    suspend: { refusal: 'ACCOUNT_CLOSED', because: 'is closed; reopen it first' },
    reactivate: { refusal: 'ACCOUNT_CLOSED', because: 'is closed; reopen it instead' },
    close: { refusal: 'ALREADY_IN_STATE', because: 'is closed already' },
    reopen: { to: 'remembered' },
    erase: { to: 'erased' },
  },
} as const satisfies Record<AccountStatus, Record<StatusEvent, Outcome>>;

/** What a deployment says about how long things are taken and kept. */
export type Keeping = {
  /** Days that a closed account's data is kept at least. */
  readonly closedRetentionDays: number;
  /** Days for which usage may still arrive after it happened: its account has to be there (rules/usage 3). */
  readonly usageMaxAgeDays: number;
};

/** Days after closing until an account is erased: its retention, and never before the last usage of it could arrive (rules/accounts 18). */
export const daysUntilErasure = ({ closedRetentionDays, usageMaxAgeDays }: Keeping): number =>
  Math.max(closedRetentionDays, usageMaxAgeDays);

/** What the decision needs to know. All of it is read under the lock of the tree. */
export type StatusState = {
  readonly name: string;
  readonly status: AccountStatus;
  /** Set while suspended or about to be, and kept while closed so that reopening restores it. Never set on an active account. */
  readonly suspension: SuspensionOrder | null;
  readonly protected: boolean;
  readonly closedAt: Instant | null;
  /** Direct children that are not closed. */
  readonly liveChildren: number;
  /** Null for a root. */
  readonly parent: { readonly name: string; readonly status: AccountStatus } | null;
  /** Another child of the same parent, not closed, with the same name key; only asked for when reopening. */
  readonly siblingOfThatName: { readonly name: string } | null;
};

/** An event with what it brings along. */
export type StatusCommand =
  | { readonly event: 'suspend'; readonly suspension: SuspensionOrder }
  | { readonly event: 'reactivate' | 'close' | 'reopen' }
  /** @param keptDays as `daysUntilErasure` says */
  | { readonly event: 'erase'; readonly keptDays: number };

/** What to write: the new own status and suspension. `erased`: the account's data goes, except what invoices and the audit log need. */
export type StatusChange = { readonly status: AccountStatus | 'erased'; readonly suspension: SuspensionOrder | null };

/** The refusal of a change to a closed account. */
export const accountClosed = (name: string): Decision<never> =>
  refuse('ACCOUNT_CLOSED', `${quoted(name)} is closed. Reopen it before you change it.`);

/**
 * Whether an event may happen to an account and what its own status is then (rules/accounts 10). A suspension that has ended is none;
 * one that has not begun is lifted by `reactivate`, too.
 *
 * @param stored the account as it is stored
 * @param nowMs UTC milliseconds since 1970
 */
export function decideStatus(stored: StatusState, command: StatusCommand, nowMs: number): Decision<StatusChange> {
  const state = forgetEnded(stored, nowMs);
  const outcome: Outcome = STATUS_TABLE[state.status][command.event];
  if ('refusal' in outcome) return refuse(outcome.refusal, `${quoted(state.name)} ${outcome.because}.`);
  const condition = conditionOf(state, command, nowMs);
  if (!condition.ok) return condition;
  if (command.event === 'suspend') return accept({ status: 'suspended', suspension: command.suspension });
  if (outcome.to === 'closed') return accept({ status: 'closed', suspension: state.suspension });
  if (outcome.to === 'remembered') {
    return accept({ status: state.suspension ? 'suspended' : 'active', suspension: state.suspension });
  }
  return accept({ status: outcome.to, suspension: null });
}

/** What must hold beside the status itself. */
function conditionOf(state: StatusState, command: StatusCommand, nowMs: number): Decision<null> {
  switch (command.event) {
    case 'suspend':
      return suspensionFits(state, command.suspension, nowMs);
    case 'reactivate':
      return accept(null);
    case 'close':
      return mayClose(state);
    case 'reopen':
      return mayReopen(state);
    case 'erase':
      return mayErase(state, command.keptDays, nowMs);
  }
}

function suspensionFits(state: StatusState, wish: SuspensionOrder, nowMs: number): Decision<null> {
  const name = quoted(state.name);
  if (wish.until !== null && msOf(wish.until) <= nowMs) {
    return refuse('SUSPENSION_INVALID', `The suspension of ${name} would end in the past.`, 'until');
  }
  if (wish.from !== null && wish.until !== null && msOf(wish.until) <= msOf(wish.from)) {
    return refuse('SUSPENSION_INVALID', `The suspension of ${name} would end before it starts.`, 'until');
  }
  const now = state.suspension;
  const isSame = now?.kind === wish.kind && now.from === wish.from && now.until === wish.until;
  if (isSame && now.reason === wish.reason) {
    return refuse('ALREADY_IN_STATE', `The suspension of ${name} is just like this already.`);
  }
  return accept(null);
}

function mayClose(state: StatusState): Decision<null> {
  const name = quoted(state.name);
  if (state.liveChildren > 0) {
    const message = `${name} still has ${counted(state.liveChildren, 'subaccount')} that must be closed or moved first.`;
    return refuse('HAS_LIVE_CHILDREN', message);
  }
  if (state.protected) return refuse('PROTECTED', `${name} is protected. Turn its protection off before you close it.`);
  return accept(null);
}

function mayReopen({ name, parent, siblingOfThatName: sibling }: StatusState): Decision<null> {
  if (parent?.status === 'closed') {
    return refuse(
      'PARENT_NOT_LIVE',
      `${quoted(name)} is under ${quoted(parent.name)}, which is closed. Reopen that first.`,
    );
  }
  return parent && sibling ? nameTaken(sibling.name, parent.name) : accept(null);
}

function mayErase(state: StatusState, days: number, nowMs: number): Decision<null> {
  const name = quoted(state.name);
  if (state.protected) return refuse('PROTECTED', `${name} is protected.`);
  if (state.closedAt === null || nowMs < msOf(state.closedAt) + days * DAY_MS) {
    return refuse('RETENTION_RUNNING', `${name} is kept for ${counted(days, 'day')} after closing.`);
  }
  return accept(null);
}

import { accept, type Decision, type ErrorCode, refuse } from '../errors.ts';
import { quoted } from '../text.ts';
import { DAY_MS, instantOf, msOf } from '../time.ts';
import type {
  TransferChange,
  TransferEffect,
  TransferEvent,
  TransferEventName,
  TransferNews,
  TransferSituation,
} from './events.ts';
import {
  GRACE_DAYS,
  missingSteps,
  NO_STEPS,
  payerAtTransfer,
  reminderAtMs,
  remindersAhead,
  STEP_LABELS,
  stageOf,
  type Transfer,
  type TransferStage,
  type TransferStep,
  type TransferSteps,
} from './transfer.ts';

type Outcome = Decision<TransferChange>;
type EventOf<Name extends TransferEventName> = Extract<TransferEvent, { readonly event: Name }>;

/** What one cell of the table decides. */
type Rule<Name extends TransferEventName> = (
  situation: TransferSituation,
  event: EventOf<Name>,
  nowMs: number,
) => Outcome;

/** The same with the transfer that is under way. */
type Step<Name extends TransferEventName> = (
  transfer: Transfer,
  event: EventOf<Name>,
  nowMs: number,
  situation: TransferSituation,
) => Outcome;

/** Accepted, and nothing changes. */
const same = ({ transfer }: TransferSituation): Outcome => accept({ transfer, effects: [] });

/** Accepted for what goes with it. */
const only =
  <Name extends TransferEventName>(...effects: TransferEffect[]): Rule<Name> =>
  ({ transfer }) =>
    accept({ transfer, effects });

const tell = (whom: 'parent' | 'child' | 'both', what: Exclude<TransferNews, 'declined'>): TransferEffect => ({
  effect: 'tell',
  whom,
  what,
});

const refused =
  (code: ErrorCode, because: string) =>
  ({ account }: TransferSituation): Outcome =>
    refuse(code, `${quoted(account.name)} ${because}.`);

const notStarted = refused('TRANSFER_NOT_STARTED', 'has no billing transfer under way');
const independent = refused('ALREADY_INDEPENDENT', 'pays for itself already');
const inTransfer = refused('TRANSFER_IN_PROGRESS', 'is in a billing transfer; end that first');
const notFound: Outcome = refuse('NOT_FOUND', 'This invitation is not valid any more. Ask for a new one.', 'token');

/** What can't be, because other rules forbid what would lead to it. */
const impossible = (why: string) => (): never => {
  throw new Error(`transfer: ${why}`);
};

function tooLate({ account, transfer }: TransferSituation): Outcome {
  const since = transfer?.endedAt ? ` since ${transfer.endedAt}` : '';
  return refuse('TOO_LATE', `${quoted(account.name)} pays for itself${since}: that can’t be taken back.`);
}

/** A repeat of what this transfer ended with is accepted; anything else comes too late, or too early. */
const repeatOf =
  (state: Transfer['state'], otherwise: (situation: TransferSituation) => Outcome) =>
  (situation: TransferSituation): Outcome =>
    situation.transfer?.state === state ? same(situation) : otherwise(situation);

/**
 * Acts upon a transfer under way, which everybody is too late for from its end on: the end itself decides, not the job that comes for it
 * (rules/transfer 4).
 */
const underWay =
  <Name extends TransferEventName>(step: Step<Name>): Rule<Name> =>
  (situation, event, nowMs) => {
    const transfer = openOf(situation);
    if (nowMs >= msOf(transfer.expiresAt)) {
      const message = `The billing transfer of ${quoted(situation.account.name)} ended at ${transfer.expiresAt}.`;
      return refuse('TRANSFER_EXPIRED', message);
    }
    return step(transfer, event, nowMs, situation);
  };

/** Facts, which are so whether the end has passed or not. */
const reported =
  <Name extends TransferEventName>(step: Step<Name>): Rule<Name> =>
  (situation, event, nowMs) =>
    step(openOf(situation), event, nowMs, situation);

function openOf({ transfer }: TransferSituation): Transfer {
  if (transfer === null) throw new Error('transfer: one is under way');
  return transfer;
}

/** A transfer with something changed. */
const changed = (transfer: Transfer, change: Partial<Transfer>, ...effects: TransferEffect[]): Outcome =>
  accept({ transfer: { ...transfer, ...change, version: transfer.version + 1 }, effects });

const withSteps = (transfer: Transfer, steps: Partial<TransferSteps>, ...effects: TransferEffect[]): Outcome =>
  changed(transfer, { steps: { ...transfer.steps, ...steps } }, ...effects);

const cleared = (transfer: Transfer, step: TransferStep): Outcome =>
  withSteps(transfer, { [step]: null }, tell('both', `${step}Cleared`));

/** A step that is done now; the last one completes the transfer, unless somebody has to say so. */
function done(transfer: Transfer, steps: Partial<TransferSteps>, ...effects: TransferEffect[]): Outcome {
  const next = { ...transfer, steps: { ...transfer.steps, ...steps } };
  const completes = transfer.completion === 'automatic' && missingSteps(next).length === 0;
  return withSteps(transfer, steps, ...effects, ...(completes ? [{ effect: 'complete' } as const] : []));
}

const isGrace = (days: number): boolean =>
  Number.isInteger(days) && days >= GRACE_DAYS.least && days <= GRACE_DAYS.most;

const graceOutOfRange = (field: string): Outcome =>
  refuse(
    'GRACE_OUT_OF_RANGE',
    `A billing transfer has ${GRACE_DAYS.least} to ${GRACE_DAYS.most} whole days from now.`,
    field,
  );

const names = (accounts: TransferSituation['nested']): string => accounts.map(({ name }) => quoted(name)).join(', ');

const nestedTransfer = (accounts: TransferSituation['nested']): Outcome =>
  refuse('NESTED_TRANSFER', `In a billing transfer already: ${names(accounts)}. One at a time along a chain.`);

const ancestorTransfer = refused('ANCESTOR_TRANSFER', 'is below an account that is in a billing transfer itself');

/** Jobs for the end and the reminders before it. */
function timers(transfer: Pick<Transfer, 'expiresAt'>, nowMs: number): TransferEffect[] {
  const { expiresAt } = transfer;
  const reminders = remindersAhead(expiresAt, nowMs).map(
    (days): TransferEffect => ({
      effect: 'scheduleReminder',
      days,
      at: instantOf(reminderAtMs(expiresAt, days)),
    }),
  );
  return [{ effect: 'scheduleEnd', at: expiresAt }, ...reminders];
}

const start: Rule<'start'> = (situation, { id, key, terms, typedName }, nowMs) => {
  const { account, ancestor, nested } = situation;
  if (typedName.normalize('NFC').trim() !== account.name)
    return refuse('NAME_MISMATCH', `Type ${quoted(account.name)} to start its billing transfer.`, 'name');
  if (!isGrace(terms.graceDays)) return graceOutOfRange('graceDays');
  if (account.status === 'closed') return refused('ACCOUNT_CLOSED', 'is closed; reopen it first')(situation);
  if (account.status === 'suspended')
    return refused('ACCOUNT_SUSPENDED', 'is suspended; reactivate it first')(situation);
  if (ancestor) return ancestorTransfer(situation);
  if (nested.length > 0) return nestedTransfer(nested);
  const transfer: Transfer = {
    ...terms,
    id,
    key,
    version: 1,
    state: 'in_progress',
    expiresAt: instantOf(nowMs + terms.graceDays * DAY_MS),
    steps: NO_STEPS,
    mail: 'sent',
    reminded: [],
    endedAt: null,
  };
  const effects: TransferEffect[] = [
    { effect: 'inviteRecipient', email: terms.recipient },
    ...timers(transfer, nowMs),
    tell('both', 'started'),
  ];
  return accept({ transfer, effects });
};

const startAgain: Step<'start'> = (transfer, { key, terms }, _nowMs, situation) => {
  const isSame =
    key === transfer.key &&
    terms.recipient === transfer.recipient &&
    terms.graceDays === transfer.graceDays &&
    terms.agency === transfer.agency &&
    terms.completion === transfer.completion &&
    terms.message === transfer.message;
  return isSame ? same(situation) : inTransfer(situation);
};

const sameEmail = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const confirmOwner: Step<'confirmOwner'> = (transfer, { userId, email }, _nowMs, situation) => {
  if (!sameEmail(email, transfer.recipient)) return notFound;
  if (transfer.steps.owner === userId) return same(situation);
  return done(transfer, { owner: userId }, { effect: 'makeOwner', userId });
};

const setDetails: Step<'setDetails'> = (transfer, { country, plan }) => {
  const details = { country };
  if (plan === 'sold' || transfer.steps.plan === null) return done(transfer, { details });
  return withSteps(transfer, { details, plan: null }, tell('both', 'planCleared'));
};

const setPayment: Step<'setPayment'> = (transfer, { method, state }) => {
  const before = transfer.steps.payment;
  const detach: TransferEffect[] =
    before !== null && before.method !== method ? [{ effect: 'detachPayment', method: before.method }] : [];
  return done(transfer, { payment: { method, state } }, ...detach);
};

const choosePlan: Step<'choosePlan'> = (transfer, { choice }) =>
  choice.ok ? done(transfer, { plan: choice.value }) : choice;

const complete: Step<'complete'> = (transfer, { unfit }, nowMs, situation) => {
  const { account } = situation;
  if (account.status === 'suspended')
    return refused('ACCOUNT_SUSPENDED', 'is suspended; its transfer completes when it is not')(situation);
  const missing = missingSteps(transfer);
  const { plan } = transfer.steps;
  if (missing.length > 0 || plan === null) {
    const list = missing.map((step) => STEP_LABELS[step]).join(', ');
    return refuse('STEPS_MISSING', `The checklist of ${quoted(account.name)} is not done: ${list}.`);
  }
  if (unfit) return { ok: false, refusal: unfit };
  // after everything that was placed before, whatever this clock says
  const at = instantOf(Math.max(nowMs, msOf(account.lastPlacedAt) + 1));
  return changed(
    transfer,
    { state: 'completed', endedAt: at },
    { effect: 'release', at, plan, agency: transfer.agency },
    tell('both', 'completed'),
  );
};

/** Ends a transfer without its being completed: everything is as before, and what the child had set up is gone. */
function lapsed(
  transfer: Transfer,
  state: 'cancelled' | 'declined' | 'expired',
  nowMs: number,
  ...effects: TransferEffect[]
): Outcome {
  const { payment, details } = transfer.steps;
  return changed(
    transfer,
    { state, endedAt: instantOf(nowMs), steps: { ...transfer.steps, details: null, payment: null } },
    { effect: 'voidToken' },
    ...(payment === null ? [] : [{ effect: 'detachPayment', method: payment.method } as const]),
    ...(details === null ? [] : [{ effect: 'deleteDetails' } as const]),
    ...effects,
  );
}

/** Also when the account is closed meanwhile. */
const cancel = (transfer: Transfer, _event: unknown, nowMs: number): Outcome =>
  lapsed(transfer, 'cancelled', nowMs, tell('both', 'cancelled'));

const decline: Step<'decline'> = (transfer, { reason }, nowMs) =>
  lapsed(transfer, 'declined', nowMs, { effect: 'tell', whom: 'parent', what: 'declined', reason });

const extend: Step<'extend'> = (transfer, { days }, nowMs) => {
  const expiresAtMs = msOf(transfer.expiresAt) + days * DAY_MS;
  if (!isGrace(days) || expiresAtMs > nowMs + GRACE_DAYS.most * DAY_MS) return graceOutOfRange('days');
  const expiresAt = instantOf(expiresAtMs);
  return changed(transfer, { expiresAt, reminded: [] }, ...timers({ expiresAt }, nowMs), tell('both', 'extended'));
};

const expire: Step<'expire'> = (transfer, { afterwards }, nowMs) => {
  if (nowMs >= msOf(transfer.expiresAt)) {
    const suspends: TransferEffect[] = afterwards === 'suspend' ? [{ effect: 'suspend' }] : [];
    return lapsed(transfer, 'expired', nowMs, ...suspends, tell('both', 'expired'));
  }
  return accept({ transfer, effects: [{ effect: 'scheduleEnd', at: transfer.expiresAt }] });
};

/** Once for each end and number of days: a reminder of an end that was put off, or that was sent, is dropped. */
const remind: Step<'remind'> = (transfer, { days, expiresAt }, nowMs, situation) => {
  const dueMs = reminderAtMs(transfer.expiresAt, days);
  const isOver = nowMs >= msOf(transfer.expiresAt);
  if (expiresAt !== transfer.expiresAt || transfer.reminded.includes(days) || isOver) return same(situation);
  if (nowMs < dueMs) return accept({ transfer, effects: [{ effect: 'scheduleReminder', days, at: instantOf(dueMs) }] });
  return changed(transfer, { reminded: [...transfer.reminded, days] }, tell('both', 'reminder'));
};

const mailBounced: Step<'mailBounced'> = (transfer, _event, _nowMs, situation) =>
  transfer.mail === 'bounced' ? same(situation) : changed(transfer, { mail: 'bounced' }, tell('parent', 'mailBounced'));

const resend: Step<'resend'> = (transfer, { recipient }) => {
  const isOther = !sameEmail(recipient, transfer.recipient);
  const owner = isOther ? null : transfer.steps.owner;
  return changed(
    transfer,
    { recipient, mail: 'sent', steps: { ...transfer.steps, owner } },
    { effect: 'voidToken' },
    { effect: 'inviteRecipient', email: recipient },
    ...(owner === transfer.steps.owner ? [] : [tell('both', 'ownerCleared')]),
  );
};

/** Whoever else holds a token learns not even that it was one; nor when the transfer is over. */
const openInvitation: Rule<'openInvitation'> = (situation, event, nowMs) => {
  const transfer = openOf(situation);
  const isTheirs = event.token === 'current' && sameEmail(event.email, transfer.recipient);
  return isTheirs && nowMs < msOf(transfer.expiresAt) ? same(situation) : notFound;
};

const providerReported: Step<'providerReported'> = (transfer, event, _nowMs, situation) => {
  const { method, state } = event;
  const { payment } = transfer.steps;
  if (event.transfer !== transfer.id || (payment !== null && payment.method !== method))
    return accept({ transfer, effects: [{ effect: 'detachPayment', method }] });
  if (payment?.state === state) return same(situation);
  return state === 'set'
    ? done(transfer, { payment: { method, state } })
    : withSteps(transfer, { payment: { method, state } });
};

const providerUnreachable: Step<'providerUnreachable'> = (transfer, { method }, _nowMs, situation) => {
  const { payment } = transfer.steps;
  if (payment !== null && (payment.method !== method || payment.state === 'set')) return same(situation);
  const retry: TransferEffect = { effect: 'retryPayment', method };
  return payment?.state === 'pending'
    ? accept({ transfer, effects: [retry] })
    : withSteps(transfer, { payment: { method, state: 'pending' } }, retry);
};

const ownerLost: Step<'ownerLost'> = (transfer, { userId }, _nowMs, situation) =>
  transfer.steps.owner === userId ? cleared(transfer, 'owner') : same(situation);
const paymentLost: Step<'paymentLost'> = (transfer, { method }, _nowMs, situation) =>
  transfer.steps.payment?.method === method ? cleared(transfer, 'payment') : same(situation);
const planLost: Step<'planLost'> = (transfer, { plan }, _nowMs, situation) =>
  transfer.steps.plan?.id === plan ? cleared(transfer, 'plan') : same(situation);

const parentsUsage: Rule<'usage'> = only({ effect: 'bill', whom: 'parent' });

/** An account that was always a main account has paid for itself always. */
const ownUsage: Rule<'usage'> = ({ transfer }, { occurredAt }) => {
  const whom = transfer?.endedAt ? payerAtTransfer(occurredAt, transfer.endedAt) : 'child';
  return accept({ transfer, effects: [{ effect: 'bill', whom }] });
};

const detachReported: Rule<'providerReported'> = ({ transfer }, { method }) =>
  accept({ transfer, effects: [{ effect: 'detachPayment', method }] });

const ofThatTransfer = repeatOf('completed', independent);
const usually = { parent_billed: same, in_progress: same, independent: same } as const;

/**
 * The billing transfer, total: every event in every stage has an outcome (rules/transfer 1). A cell that is missing doesn't compile.
 */
const TRANSFER_TABLE: { readonly [Name in TransferEventName]: Readonly<Record<TransferStage, Rule<Name>>> } = {
  preview: {
    parent_billed: same,
    in_progress: underWay((_transfer, _event, _nowMs, situation) => same(situation)),
    independent,
  },
  start: { parent_billed: start, in_progress: underWay(startAgain), independent },
  confirmOwner: { parent_billed: notStarted, in_progress: underWay(confirmOwner), independent: ofThatTransfer },
  setDetails: { parent_billed: notStarted, in_progress: underWay(setDetails), independent: same },
  // refused, nothing is written here: whoever made the method at the provider takes it away there
  setPayment: { parent_billed: notStarted, in_progress: underWay(setPayment), independent: same },
  choosePlan: { parent_billed: notStarted, in_progress: underWay(choosePlan), independent: same },
  complete: { parent_billed: notStarted, in_progress: underWay(complete), independent: ofThatTransfer },
  cancel: {
    parent_billed: repeatOf('cancelled', notStarted),
    in_progress: underWay(cancel),
    independent: tooLate,
  },
  decline: {
    parent_billed: repeatOf('declined', notStarted),
    in_progress: underWay(decline),
    independent: tooLate,
  },
  extend: { parent_billed: notStarted, in_progress: underWay(extend), independent: tooLate },
  expire: { ...usually, in_progress: reported(expire) },
  remind: { ...usually, in_progress: reported(remind) },
  mailBounced: { ...usually, in_progress: reported(mailBounced) },
  resend: { parent_billed: notStarted, in_progress: underWay(resend), independent: tooLate },
  openInvitation: {
    parent_billed: () => notFound,
    in_progress: openInvitation,
    independent: (situation, { member }) => (member === 'member' ? same(situation) : notFound),
  },
  ownerLost: { ...usually, in_progress: reported(ownerLost) },
  paymentLost: { ...usually, in_progress: reported(paymentLost), independent: only({ effect: 'remindToPay' }) },
  planLost: { ...usually, in_progress: reported(planLost) },
  providerReported: {
    parent_billed: detachReported,
    in_progress: reported(providerReported),
    independent: ({ transfer }, { method }) => accept({ transfer, effects: [{ effect: 'rereadPayment', method }] }),
  },
  providerUnreachable: { ...usually, in_progress: reported(providerUnreachable) },
  move: {
    parent_billed: same,
    in_progress: inTransfer,
    independent: refused('MOVE_OF_ROOT', 'is a main account and has no parent to leave'),
  },
  ancestorMoved: usually,
  ancestorStarts: { ...usually, in_progress: ({ account }) => nestedTransfer([account]) },
  ancestorCompletes: { ...usually, in_progress: impossible('an account above can’t have been in transfer, too') },
  nestedStarts: { ...usually, in_progress: ancestorTransfer },
  ancestorSuspended: usually,
  suspend: { ...usually, independent: refused('FORBIDDEN', 'is a main account: only the platform suspends it') },
  closeParent: {
    parent_billed: refused('HAS_LIVE_CHILDREN', 'is below it and open'),
    in_progress: refused('HAS_LIVE_CHILDREN', 'is below it and open'),
    independent: same,
  },
  parentUnpaid: usually,
  close: {
    ...usually,
    in_progress: underWay(cancel),
    independent: only({ effect: 'invoiceUntilClosed' }),
  },
  reopenOrErase: { ...usually, in_progress: impossible('a closed account is in none') },
  usage: { parent_billed: parentsUsage, in_progress: parentsUsage, independent: ownUsage },
  inviteBack: {
    parent_billed: refused('ALREADY_IN_STATE', 'has a parent'),
    in_progress: inTransfer,
    independent: same,
  },
};

/**
 * What an event does to the billing transfer of an account, or why it is refused (rules/transfer 1): nothing is changed then.
 *
 * @param nowMs UTC milliseconds since 1970, by the clock of the database
 */
export function decideTransfer(situation: TransferSituation, event: TransferEvent, nowMs: number): Outcome {
  const stage = stageOf(situation.account.billingMode, situation.transfer);
  return ruleOf(event, stage)(situation, event, nowMs);
}

/** The cell of an event: what stands under its name takes it. */
const ruleOf = <Name extends TransferEventName>({ event }: EventOf<Name>, stage: TransferStage): Rule<Name> =>
  TRANSFER_TABLE[event][stage];

import {
  type AccountId,
  accept,
  DAY_MS,
  decideTransfer,
  type Instant,
  instantOf,
  type PlanVersion,
  type RowId,
  refuse,
  stageOf,
  TRANSFER_STEPS,
  type Transfer,
  type TransferEffect,
  type TransferEvent,
  type TransferSituation,
  type TransferStage,
  type TransferSteps,
  type TransferTerms,
  type UserId,
} from '../src/index.ts';

export const NOW = Date.UTC(2026, 9, 1);
const after = (days: number): Instant => instantOf(NOW + days * DAY_MS);
/** The end of the transfer of these cases. */
export const END = after(30);

export const ADA = 'ada' as UserId;
const TERMS: TransferTerms = {
  recipient: 'ada@example.com',
  graceDays: 30,
  agency: 'kept',
  completion: 'automatic',
  message: null,
};
const TEAM: PlanVersion = { id: 'team', version: 1 };
export const ALL_STEPS: TransferSteps = {
  owner: ADA,
  details: { country: 'DE' },
  payment: { method: 'card', state: 'set' },
  plan: TEAM,
};
const without = (step: keyof TransferSteps): TransferSteps => ({ ...ALL_STEPS, [step]: null });
const NONE: TransferSteps = { owner: null, details: null, payment: null, plan: null };

export const TRANSFER: Transfer = {
  ...TERMS,
  id: 't1' as RowId,
  key: 'k1',
  version: 1,
  state: 'in_progress',
  expiresAt: END,
  steps: NONE,
  mail: 'sent',
  reminded: [],
  endedAt: null,
};

const account = { id: 'acme' as AccountId, name: 'Acme', status: 'active', lastPlacedAt: after(-9) } as const;
const alone = { ancestor: null, nested: [] } as const;
export const SITUATIONS: Readonly<Record<TransferStage, TransferSituation>> = {
  parent_billed: { account: { ...account, billingMode: 'parent' }, transfer: null, ...alone },
  in_progress: { account: { ...account, billingMode: 'parent' }, transfer: TRANSFER, ...alone },
  independent: {
    account: { ...account, billingMode: 'direct' },
    transfer: { ...TRANSFER, state: 'completed', steps: ALL_STEPS, endedAt: after(-5) },
    ...alone,
  },
};

/** What may be different from the situation of a stage. */
type Difference = {
  readonly transfer?: Partial<Transfer> | null;
  readonly status?: 'suspended' | 'closed';
  readonly lastPlacedAt?: Instant;
  readonly ancestor?: TransferSituation['ancestor'];
  readonly nested?: TransferSituation['nested'];
  readonly nowMs?: number;
};

/** An event in a stage, under a condition (empty: none), and what comes of it. */
export type TransferCase = {
  readonly row: string;
  readonly stage: TransferStage;
  readonly when: string;
  readonly situation: TransferSituation;
  readonly event: TransferEvent;
  readonly nowMs: number;
  readonly outcome: string;
};

type Cell = readonly [when: string, outcome: string, difference?: Difference, event?: TransferEvent];

function situationOf(
  stage: TransferStage,
  { transfer, status, lastPlacedAt, ...chain }: Difference,
): TransferSituation {
  const usual = SITUATIONS[stage];
  const { nowMs: _, ...around } = chain;
  return {
    ...usual,
    ...around,
    account: { ...usual.account, ...(status && { status }), ...(lastPlacedAt && { lastPlacedAt }) },
    transfer: transfer === null ? null : transfer ? { ...TRANSFER, ...usual.transfer, ...transfer } : usual.transfer,
  };
}

/** A row of the table: an event with what comes of it in each stage. */
const row = (
  name: string,
  event: TransferEvent,
  cells: Readonly<Record<TransferStage, string | readonly Cell[]>>,
): TransferCase[] =>
  (['parent_billed', 'in_progress', 'independent'] as const).flatMap((stage) => {
    const ofStage = cells[stage];
    const all: readonly Cell[] = typeof ofStage === 'string' ? [['', ofStage]] : ofStage;
    return all.map(([when, outcome, difference = {}, own = event]) => ({
      row: name,
      stage,
      when,
      situation: situationOf(stage, difference),
      event: own,
      nowMs: difference.nowMs ?? NOW,
      outcome,
    }));
  });

const over: Difference = { nowMs: NOW + 30 * DAY_MS };
const expired: Cell = ['the end has come', '✗ TRANSFER_EXPIRED', over];
const NOT_STARTED = '✗ TRANSFER_NOT_STARTED';
const START: Extract<TransferEvent, { event: 'start' }> = {
  event: 'start',
  id: 't1' as RowId,
  key: 'k1',
  terms: TERMS,
  typedName: 'Acme',
};
const other = { id: 'other' as AccountId, name: 'Other' };
const report = { event: 'providerReported', transfer: TRANSFER.id, method: 'card', state: 'set' } as const;
const reminder = { event: 'remind', days: 7, expiresAt: END } as const;
const letter = { event: 'openInvitation', token: 'current', email: 'Ada@example.com', member: 'stranger' } as const;
const alike = (outcome: string) => ({ parent_billed: outcome, in_progress: outcome, independent: outcome });
const done = (step: keyof TransferSteps): Difference => ({ transfer: { steps: without(step) } });
const graceOf = (graceDays: number): TransferEvent => ({ ...START, terms: { ...TERMS, graceDays } });
const HOLDS_CARD: Difference = { transfer: { steps: { ...NONE, payment: ALL_STEPS.payment } } };
const LAPSES = 'details cleared, payment cleared; voidToken, detachPayment card, deleteDetails';

/** Every event in every stage (rules/transfer): the table that the rules are tested with, and that the page shows. */
export const TRANSFER_CASES: readonly TransferCase[] = [
  ...row(
    'preview',
    { event: 'preview' },
    { parent_billed: '=', in_progress: [['', '='], expired], independent: '✗ ALREADY_INDEPENDENT' },
  ),
  ...row('start', START, {
    parent_billed: [
      ['', '→ in_progress; inviteRecipient, scheduleEnd, reminder 7, reminder 3, reminder 1, tell both started'],
      ['1 day of grace', '→ in_progress; inviteRecipient, scheduleEnd, tell both started', {}, graceOf(1)],
      [
        '90 days',
        '→ in_progress; inviteRecipient, scheduleEnd, reminder 7, reminder 3, reminder 1, tell both started',
        {},
        graceOf(90),
      ],
      [
        'after one that ended',
        '→ in_progress; inviteRecipient, scheduleEnd, tell both started',
        { transfer: { state: 'expired' } },
        graceOf(1),
      ],
      ['another name typed', '✗ NAME_MISMATCH', {}, { ...START, typedName: 'acme' }],
      ['0 days', '✗ GRACE_OUT_OF_RANGE', {}, graceOf(0)],
      ['91 days', '✗ GRACE_OUT_OF_RANGE', {}, graceOf(91)],
      ['half days', '✗ GRACE_OUT_OF_RANGE', {}, graceOf(1.5)],
      ['closed', '✗ ACCOUNT_CLOSED', { status: 'closed' }],
      ['suspended itself', '✗ ACCOUNT_SUSPENDED', { status: 'suspended' }],
      ['an ancestor in transfer', '✗ ANCESTOR_TRANSFER', { ancestor: other }],
      ['a nested account in transfer', '✗ NESTED_TRANSFER', { nested: [other] }],
    ],
    in_progress: [
      ['same key and content', '='],
      ['another key', '✗ TRANSFER_IN_PROGRESS', {}, { ...START, key: 'k2' }],
      ['other content', '✗ TRANSFER_IN_PROGRESS', {}, graceOf(29)],
      expired,
    ],
    independent: '✗ ALREADY_INDEPENDENT',
  }),
  ...row(
    'step: owner confirmed',
    { event: 'confirmOwner', userId: ADA, email: 'ADA@example.com' },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['the invited address', 'owner set; makeOwner'],
        ['again', '=', { transfer: { steps: ALL_STEPS } }],
        ['last step', 'owner set; makeOwner, complete', done('owner')],
        ['another address', '✗ NOT_FOUND', {}, { event: 'confirmOwner', userId: ADA, email: 'eve@example.com' }],
        expired,
      ],
      independent: [
        ['of that transfer', '='],
        ['otherwise', '✗ ALREADY_INDEPENDENT', { transfer: null }],
      ],
    },
  ),
  ...row(
    'step: billing details',
    { event: 'setDetails', country: 'AT', plan: 'sold' },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['', 'details set'],
        ['again', 'details replaced', { transfer: { steps: { ...NONE, details: { country: 'DE' } } } }],
        ['last step', 'details set; complete', done('details')],
        [
          'the plan is not sold there',
          'details replaced, plan cleared; tell both planCleared',
          { transfer: { steps: { ...ALL_STEPS, owner: null } } },
          { event: 'setDetails', country: 'AT', plan: 'not_sold' },
        ],
        expired,
      ],
      independent: '=',
    },
  ),
  ...row(
    'step: payment method',
    { event: 'setPayment', method: 'card', state: 'set' },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['', 'payment set'],
        [
          'another one before',
          'payment replaced; detachPayment old',
          { transfer: { steps: { ...NONE, payment: { method: 'old', state: 'set' } } } },
        ],
        ['last step', 'payment set; complete', done('payment')],
        [
          'the provider is not done',
          'payment set',
          done('payment'),
          { event: 'setPayment', method: 'card', state: 'pending' },
        ],
        expired,
      ],
      independent: '=',
    },
  ),
  ...row(
    'step: plan chosen',
    { event: 'choosePlan', choice: accept(TEAM) },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['', 'plan set'],
        ['last step', 'plan set; complete', done('plan')],
        ['last step, to be confirmed', 'plan set', { transfer: { steps: without('plan'), completion: 'confirmed' } }],
        ['not offered', '✗ PLAN_UNAVAILABLE', {}, { event: 'choosePlan', choice: refuse('PLAN_UNAVAILABLE', 'Gone.') }],
        expired,
      ],
      independent: '=',
    },
  ),
  ...row(
    'complete',
    { event: 'complete', unfit: null },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['all four steps', '→ independent; release, tell both completed', { transfer: { steps: ALL_STEPS } }],
        ['some missing', '✗ STEPS_MISSING'],
        [
          'payment method pending',
          '✗ STEPS_MISSING',
          { transfer: { steps: { ...ALL_STEPS, payment: { method: 'card', state: 'pending' } } } },
        ],
        ['suspended itself', '✗ ACCOUNT_SUSPENDED', { transfer: { steps: ALL_STEPS }, status: 'suspended' }],
        [
          'subaccounts the plan doesn’t have',
          '✗ PLAN_UNAVAILABLE',
          { transfer: { steps: ALL_STEPS } },
          { event: 'complete', unfit: { code: 'PLAN_UNAVAILABLE', message: 'It has subaccounts.', field: 'plan' } },
        ],
        ['the end has come', '✗ TRANSFER_EXPIRED', { transfer: { steps: ALL_STEPS }, ...over }],
      ],
      independent: [
        ['of that transfer', '='],
        ['otherwise', '✗ ALREADY_INDEPENDENT', { transfer: null }],
      ],
    },
  ),
  ...row(
    'cancel',
    { event: 'cancel' },
    {
      parent_billed: [
        ['this one was cancelled', '=', { transfer: { state: 'cancelled' } }],
        ['otherwise', NOT_STARTED],
        ['this one expired', NOT_STARTED, { transfer: { state: 'expired' } }],
      ],
      in_progress: [
        ['', `→ parent_billed; voidToken, tell both cancelled`],
        ['steps done', `→ parent_billed; ${LAPSES}, tell both cancelled`, { transfer: { steps: ALL_STEPS } }],
        expired,
      ],
      independent: '✗ TOO_LATE',
    },
  ),
  ...row(
    'decline',
    { event: 'decline', reason: 'Not now' },
    {
      parent_billed: [
        ['this one was declined', '=', { transfer: { state: 'declined' } }],
        ['otherwise', NOT_STARTED],
      ],
      in_progress: [
        ['', `→ parent_billed; ${LAPSES}, tell parent declined`, { transfer: { steps: ALL_STEPS } }],
        expired,
      ],
      independent: '✗ TOO_LATE',
    },
  ),
  ...row(
    'extend',
    { event: 'extend', days: 10 },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['', 'end moved; scheduleEnd, reminder 7, reminder 3, reminder 1, tell both extended'],
        [
          'to 90 days from now',
          'end moved; scheduleEnd, reminder 7, reminder 3, reminder 1, tell both extended',
          {},
          { event: 'extend', days: 60 },
        ],
        ['to more', '✗ GRACE_OUT_OF_RANGE', {}, { event: 'extend', days: 61 }],
        ['0 days', '✗ GRACE_OUT_OF_RANGE', {}, { event: 'extend', days: 0 }],
        ['91 days', '✗ GRACE_OUT_OF_RANGE', {}, { event: 'extend', days: 91 }],
        expired,
      ],
      independent: '✗ TOO_LATE',
    },
  ),
  ...row(
    'expire (timer)',
    { event: 'expire', afterwards: 'stay' },
    {
      parent_billed: '=',
      in_progress: [
        ['the end has come', '→ parent_billed; voidToken, tell both expired', over],
        ['steps done', `→ parent_billed; ${LAPSES}, tell both expired`, { transfer: { steps: ALL_STEPS }, ...over }],
        [
          'the deployment suspends',
          '→ parent_billed; voidToken, suspend, tell both expired',
          over,
          { event: 'expire', afterwards: 'suspend' },
        ],
        ['earlier', '=; scheduleEnd', { nowMs: NOW + 30 * DAY_MS - 1 }],
      ],
      independent: '=',
    },
  ),
  ...row('reminder 7, 3, 1 days', reminder, {
    parent_billed: '=',
    in_progress: [
      ['due', 'reminded; tell both reminder', { nowMs: NOW + 23 * DAY_MS }],
      ['sent before', '=', { nowMs: NOW + 23 * DAY_MS, transfer: { reminded: [7] } }],
      ['of an end that was moved', '=', { nowMs: NOW + 23 * DAY_MS }, { ...reminder, expiresAt: after(29) }],
      ['earlier', '=; reminder 7', { nowMs: NOW + 23 * DAY_MS - 1 }],
      ['the end has come', '=', over],
    ],
    independent: '=',
  }),
  ...row(
    'invitation bounced',
    { event: 'mailBounced' },
    {
      parent_billed: '=',
      in_progress: [
        ['', 'bounced; tell parent mailBounced'],
        ['again', '=', { transfer: { mail: 'bounced' } }],
      ],
      independent: '=',
    },
  ),
  ...row(
    'resend, or other recipient',
    { event: 'resend', recipient: 'ada@example.com' },
    {
      parent_billed: NOT_STARTED,
      in_progress: [
        ['the same address', '=; voidToken, inviteRecipient', { transfer: { steps: ALL_STEPS } }],
        [
          'another address',
          'owner cleared; voidToken, inviteRecipient, tell both ownerCleared',
          { transfer: { steps: ALL_STEPS } },
          { event: 'resend', recipient: 'bob@example.com' },
        ],
        expired,
      ],
      independent: '✗ TOO_LATE',
    },
  ),
  ...row('token used', letter, {
    parent_billed: '✗ NOT_FOUND',
    in_progress: [
      ['by the person, once or twice', '='],
      ['by somebody else', '✗ NOT_FOUND', {}, { ...letter, email: 'eve@example.com' }],
      ['replaced', '✗ NOT_FOUND', {}, { ...letter, token: 'void' }],
      ['the end has come', '✗ NOT_FOUND', over],
    ],
    independent: [
      ['by a member', '=', {}, { ...letter, member: 'member' }],
      ['otherwise', '✗ NOT_FOUND'],
    ],
  }),
  ...row(
    'owner who confirmed loses the role',
    { event: 'ownerLost', userId: ADA },
    {
      parent_billed: '=',
      in_progress: [
        ['', 'owner cleared; tell both ownerCleared', { transfer: { steps: ALL_STEPS } }],
        ['another owner', '='],
      ],
      independent: '=',
    },
  ),
  ...row(
    'payment method fails or is removed',
    { event: 'paymentLost', method: 'card' },
    {
      parent_billed: '=',
      in_progress: [
        ['the current one', 'payment cleared; tell both paymentCleared', HOLDS_CARD],
        ['another one', '='],
      ],
      independent: '=; remindToPay',
    },
  ),
  ...row(
    'chosen plan can’t be had any more',
    { event: 'planLost', plan: 'team' },
    {
      parent_billed: '=',
      in_progress: [
        ['', 'plan cleared; tell both planCleared', { transfer: { steps: ALL_STEPS } }],
        ['another plan', '='],
      ],
      independent: '=',
    },
  ),
  ...row('provider reports, late or again', report, {
    parent_billed: '=; detachPayment card',
    in_progress: [
      ['of this transfer', 'payment set', { transfer: { steps: NONE } }],
      [
        'pending before',
        'payment replaced',
        { transfer: { steps: { ...NONE, payment: { method: 'card', state: 'pending' } } } },
      ],
      ['last step', 'payment set; complete', done('payment')],
      ['again', '=', HOLDS_CARD],
      [
        'that it failed',
        'payment replaced',
        { transfer: { steps: { ...NONE, payment: { method: 'card', state: 'pending' } } } },
        { ...report, state: 'failed' },
      ],
      ['of an older transfer', '=; detachPayment card', HOLDS_CARD, { ...report, transfer: 't0' as RowId }],
      ['of a replaced method', '=; detachPayment old', HOLDS_CARD, { ...report, method: 'old' }],
    ],
    independent: '=; rereadPayment card',
  }),
  ...row(
    'provider unreachable',
    { event: 'providerUnreachable', method: 'card' },
    {
      parent_billed: '=',
      in_progress: [
        ['', 'payment set; retryPayment card'],
        [
          'pending before',
          '=; retryPayment card',
          { transfer: { steps: { ...NONE, payment: { method: 'card', state: 'pending' } } } },
        ],
        ['set before', '=', HOLDS_CARD],
      ],
      independent: '=',
    },
  ),
  ...row(
    'moved by the parent',
    { event: 'move' },
    { parent_billed: '=', in_progress: '✗ TRANSFER_IN_PROGRESS', independent: '✗ MOVE_OF_ROOT' },
  ),
  ...row('ancestor moved', { event: 'ancestorMoved' }, alike('=')),
  ...row(
    'ancestor starts its transfer',
    { event: 'ancestorStarts' },
    { parent_billed: '=', in_progress: '✗ NESTED_TRANSFER', independent: '=' },
  ),
  ...row(
    'ancestor completes its transfer',
    { event: 'ancestorCompletes' },
    { parent_billed: '=', in_progress: 'can’t be', independent: '=' },
  ),
  ...row(
    'nested account starts',
    { event: 'nestedStarts' },
    { parent_billed: '=', in_progress: '✗ ANCESTOR_TRANSFER', independent: '=' },
  ),
  ...row('parent or ancestor suspended', { event: 'ancestorSuspended' }, alike('=')),
  ...row(
    'account itself suspended',
    { event: 'suspend' },
    { parent_billed: '=', in_progress: '=', independent: '✗ FORBIDDEN' },
  ),
  ...row(
    'parent closed',
    { event: 'closeParent' },
    { parent_billed: '✗ HAS_LIVE_CHILDREN', in_progress: '✗ HAS_LIVE_CHILDREN', independent: '=' },
  ),
  ...row('parent unpaid', { event: 'parentUnpaid' }, alike('=')),
  ...row(
    'account closed',
    { event: 'close' },
    {
      parent_billed: '=',
      in_progress: [
        ['', `→ parent_billed; ${LAPSES}, tell both cancelled`, { transfer: { steps: ALL_STEPS } }],
        expired,
      ],
      independent: '=; invoiceUntilClosed',
    },
  ),
  ...row(
    'reopened or erased',
    { event: 'reopenOrErase' },
    { parent_billed: '=', in_progress: 'can’t be', independent: '=' },
  ),
  ...row(
    'usage',
    { event: 'usage', occurredAt: after(-5) },
    {
      parent_billed: '=; bill parent',
      in_progress: '=; bill parent',
      independent: [
        ['from the instant on', '=; bill child'],
        ['a main account from the beginning', '=; bill child', { transfer: null }],

        ['before it', '=; bill parent', {}, { event: 'usage', occurredAt: instantOf(NOW - 5 * DAY_MS - 1) }],
      ],
    },
  ),
  ...row(
    'invited back under a parent',
    { event: 'inviteBack' },
    { parent_billed: '✗ ALREADY_IN_STATE', in_progress: '✗ TRANSFER_IN_PROGRESS', independent: '=' },
  ),
];

/** What comes of a case, in the words of the table. */
export function outcomeOf({ situation, event, nowMs }: Pick<TransferCase, 'situation' | 'event' | 'nowMs'>): string {
  let decision: ReturnType<typeof decideTransfer>;
  try {
    decision = decideTransfer(situation, event, nowMs);
  } catch {
    return 'can’t be';
  }
  if (!decision.ok) return `✗ ${decision.refusal.code}`;
  const { transfer, effects } = decision.value;
  const changes = changesOf(situation, transfer);
  const [first, ...rest] = changes.length === 0 ? ['='] : changes;
  const effectsText = effects.map(effectText).join(', ');
  const isStage = first!.startsWith('→');
  const head = isStage ? [first, rest.join(', ')].filter(Boolean).join('; ') : [first, ...rest].join(', ');
  return [head, effectsText].filter(Boolean).join('; ');
}

function changesOf({ account, transfer: before }: TransferSituation, transfer: Transfer | null): string[] {
  if (transfer === null || transfer === before) return [];
  const [from, to] = [
    stageOf(account.billingMode, before),
    transfer.state === 'completed' ? 'independent' : stageOf(account.billingMode, transfer),
  ];
  const stage = from === to ? [] : [`→ ${to}`];
  if (before === null || before.state !== 'in_progress') return stage;
  const steps = TRANSFER_STEPS.flatMap((step) => {
    const [was, is] = [before.steps[step], transfer.steps[step]];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [`${step} ${is === null ? 'cleared' : was === null ? 'set' : 'replaced'}`];
  });
  const end = transfer.expiresAt === before.expiresAt ? [] : ['end moved'];
  const reminded = transfer.reminded.length > before.reminded.length ? ['reminded'] : [];
  const bounced = transfer.mail === 'bounced' && before.mail === 'sent' ? ['bounced'] : [];
  return [...stage, ...steps, ...end, ...reminded, ...bounced];
}

function effectText(effect: TransferEffect): string {
  if (effect.effect === 'tell') return `tell ${effect.whom} ${effect.what}`;
  if (effect.effect === 'bill') return `bill ${effect.whom}`;
  if (effect.effect === 'scheduleReminder') return `reminder ${effect.days}`;
  return 'method' in effect ? `${effect.effect} ${effect.method}` : effect.effect;
}

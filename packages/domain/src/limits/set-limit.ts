import { accept, type Decision, type ErrorCode, refuse } from '../errors.ts';
import { demandOf, freeAlong, type LimitChain, type LimitNode, loadOf } from './admission.ts';
import { USUAL_THRESHOLDS } from './alerts.ts';
import { type AtLimit, type LimitKind, limitKindStoredAs, shownOf, wholeOf } from './kinds.ts';

/** What is set of one kind for one account. Numbers are 10⁻⁹ of what is stored. */
export type LimitTerms = {
  /** Null: unlimited. */
  readonly cap: bigint | null;
  readonly reserve: bigint;
  /** The reserve from the next billing period on; of kinds without one the same. */
  readonly nextReserve: bigint;
  readonly atLimit: AtLimit;
  /** Percent of the maximum at which it is told of. */
  readonly thresholds: readonly number[];
};

/** The same as people count it, in whole ones of its kind. */
export type ShownTerms = Pick<LimitTerms, 'atLimit' | 'thresholds'> & {
  readonly max: number | null;
  readonly reserve: number;
  /** From the next billing period on, where that is another. */
  readonly nextReserve?: number;
};

/** What is set of a kind, as people count it. */
export const shownTerms = (kind: LimitKind, terms: LimitTerms): ShownTerms => ({
  max: terms.cap === null ? null : wholeOf(kind, terms.cap),
  reserve: wholeOf(kind, terms.reserve),
  ...(terms.nextReserve !== terms.reserve && { nextReserve: wholeOf(kind, terms.nextReserve) }),
  atLimit: terms.atLimit,
  thresholds: terms.thresholds,
});

/** An account on the way up with its settings. */
export type LimitState = LimitNode &
  LimitTerms & {
    readonly name: string;
    /** What the account’s plan allows at the most: its maximum is never above; null: no plan bounds it. */
    readonly planCap: bigint | null;
    /** What the accounts directly below it are promised, those above them what theirs are where that is more. */
    readonly promised: bigint;
    /** The same from the next billing period on. */
    readonly nextPromised: bigint;
    /** Raised by every setting; 0: nothing was ever set. */
    readonly version: number;
    /** The highest threshold that has told. */
    readonly fired: number;
  };

/** The maximum that blocks. */
export const blockingMax = ({ cap, atLimit }: Pick<LimitTerms, 'cap' | 'atLimit'>): bigint | null =>
  atLimit === 'block' ? cap : null;

/** What somebody wishes to set; what isn't named stays. A reserve stays in the next period, unless another one is wished for then. */
export type LimitWish = Partial<LimitTerms> & {
  /** The version that the wish was made from; without one, the present one. */
  readonly version?: number | undefined;
};

/** How a limit is set: the account first, then those above it whose promises, or what they hold, change with it. */
export type LimitPlan = {
  readonly before: LimitState;
  readonly chain: readonly LimitState[];
  /** What is admitted no more, as long as nothing is given back: use stands at the new maximum or above. */
  readonly stops: boolean;
};

const MOST_THRESHOLDS = 10;
const MOST_PERCENT = 100;

const invalid = (message: string, field: string): Decision<never> => refuse('LIMIT_INVALID', message, field);

/**
 * Whether a limit may be set, and what comes with it (rules/limits 5 to 9). A maximum below what is used is allowed: nothing existing is
 * removed. One below what is promised to subaccounts is not, and a reserve has to be free all the way up.
 *
 * @param chain the account first; what is above it as far as its main account
 */
export function decideLimit(kind: LimitKind, chain: LimitChain<LimitState>, wish: LimitWish): Decision<LimitPlan> {
  const [state, ...above] = chain;
  if (!state) throw new Error('a limit is some account’s');
  const lasting = wish.reserve === undefined ? {} : { nextReserve: wish.reserve };
  const terms = { ...termsOf(state), ...lasting, ...set(wish) };
  const fault =
    faultOfVersion(kind, state, wish.version) ??
    faultOfThresholds(terms.thresholds) ??
    faultOfPlan(kind, state, terms) ??
    faultOfTerms(kind, terms, above) ??
    faultOfPromises(kind, state, terms, above);
  if (fault) return fault;
  const next: LimitState = { ...state, ...terms, max: blockingMax(terms), version: state.version + 1 };
  const ahead = [state, next, ...above].map(asPeriodBegins);
  const free = freeReserve(state, next, above) ?? freeReserve(ahead[0]!, ahead[1]!, ahead.slice(2));
  if (free !== null) return reserveUnavailable(kind, free);
  const stops = next.max !== null && loadOf(next) >= next.max;
  return accept({ before: state, chain: [next, ...carried(state, next, above)], stops });
}

/** What is set now is all that is known of the next period, in which nothing is used yet: all that is promised then is held. */
const asPeriodBegins = (state: LimitState): LimitState => ({
  ...state,
  reserve: state.nextReserve,
  promised: state.nextPromised,
  used: 0n,
  held: state.nextPromised,
});

/**
 * A limit whose billing period begins, with its chain: what was promised from then on is promised now. It was free when it was set, and is
 * kept whatever was used since the period began.
 */
export function beginPeriod([state, ...above]: LimitChain<LimitState>): LimitState[] {
  if (!state) throw new Error('a limit is some account’s');
  const next = { ...state, reserve: state.nextReserve };
  return [next, ...carried(state, next, above)];
}

/**
 * A main account’s limit under a plan that allows another number than the one before (rules/limits 21): that number, or less where the account
 * was set lower than what the former plan allowed. Null: nothing changes.
 *
 * @param planCap null: the plan bounds nothing, or there is none
 */
export function underPlan(state: LimitState, planCap: bigint | null): LimitState | null {
  if (planCap === state.planCap) return null;
  const own = state.max === state.planCap ? null : state.max;
  const cap = own === null || (planCap !== null && planCap < own) ? planCap : own;
  const terms = { cap, atLimit: planCap === null ? state.atLimit : ('block' as const) };
  const thresholds = state.version === 0 && cap !== null ? USUAL_THRESHOLDS : state.thresholds;
  return { ...state, ...terms, planCap, thresholds, max: blockingMax(terms), version: state.version + 1 };
}

const termsOf = ({ cap, reserve, nextReserve, atLimit, thresholds }: LimitState): LimitTerms => ({
  cap,
  reserve,
  nextReserve,
  atLimit,
  thresholds,
});

/** Of what is wished that which is said. */
const set = (wish: LimitWish): Partial<LimitTerms> =>
  Object.fromEntries(Object.entries(wish).filter(([name, value]) => name !== 'version' && value !== undefined));

function faultOfVersion(kind: LimitKind, state: LimitState, version: number | undefined): Decision<never> | null {
  if (version === undefined || version === state.version) return null;
  const message = `This limit was changed meanwhile: yours is version ${version}, the present one is ${state.version}.`;
  const { key } = limitKindStoredAs(kind.stored)!;
  const present = { limits: [{ kind: key, version: state.version, ...shownTerms(kind, state) }] };
  return { ok: false, refusal: { code: 'VERSION_CONFLICT', message, field: 'version', present } };
}

function faultOfThresholds(thresholds: readonly number[]): Decision<never> | null {
  const inOrder = thresholds.every((mark, n) => mark > (thresholds[n - 1] ?? 0));
  const inBounds = thresholds.every((mark) => Number.isInteger(mark) && mark >= 1 && mark <= MOST_PERCENT);
  if (inOrder && inBounds && thresholds.length <= MOST_THRESHOLDS) return null;
  const message = `Thresholds are whole percents from 1 to ${MOST_PERCENT}, each above the one before, at most ${MOST_THRESHOLDS}.`;
  return invalid(message, 'thresholds');
}

function faultOfTerms(
  kind: LimitKind,
  { cap, reserve, nextReserve }: LimitTerms,
  above: readonly LimitState[],
): Decision<never> | null {
  const field = cap !== null && reserve > cap ? 'reserve' : 'nextReserve';
  if (cap !== null && larger(reserve, nextReserve) > cap)
    return invalid('More can’t be promised than the maximum lets through.', field);
  if (larger(reserve, nextReserve) > 0n && above.length === 0)
    return invalid('A main account has nobody above it who could promise anything.', 'reserve');
  if (kind.counts !== 'metered' && nextReserve !== reserve)
    return invalid(`There is no next period: ${kind.many} are not counted by the month.`, 'nextReserve');
  return null;
}

/** What a plan allows is not raised by whoever has it (rules/limits 21). */
function faultOfPlan(kind: LimitKind, { planCap }: LimitState, { cap, atLimit }: LimitTerms): Decision<never> | null {
  if (planCap === null) return null;
  const allows = `The plan of this account has ${amount(kind, planCap)}`;
  if (cap === null || cap > planCap) return invalid(`${allows}: the maximum can’t be more.`, 'max');
  return atLimit === 'notify'
    ? invalid(`${allows}: a limit that only notifies would let more through.`, 'atLimit')
    : null;
}

function faultOfPromises(
  kind: LimitKind,
  state: LimitState,
  { cap, atLimit, reserve, nextReserve }: LimitTerms,
  above: readonly LimitState[],
): Decision<never> | null {
  const promised = larger(state.promised, state.nextPromised);
  if (cap !== null && cap < promised)
    return refuse(
      'LIMIT_PROMISED',
      `Subaccounts are promised ${amount(kind, promised)}: the maximum can’t be less.`,
      'max',
    );
  if (cap !== null && atLimit === 'notify' && promised > 0n)
    return refuse(
      'LIMIT_PROMISED',
      `Subaccounts are promised ${amount(kind, promised)}: what only notifies can’t keep that.`,
      'atLimit',
    );
  const loose = larger(reserve, nextReserve) > 0n && above.some((one) => one.cap !== null && one.atLimit === 'notify');
  return loose
    ? refuse('LIMIT_PROMISED', 'A limit above only notifies: nothing can be promised below it.', 'reserve')
    : null;
}

const amount = (kind: LimitKind, nanos: bigint): string => {
  const shown = shownOf(kind, nanos);
  return `${shown} ${shown === '1' ? kind.one : kind.many}`;
};

/** The most that could be promised, when what is wished can't; null when it can. */
function freeReserve(before: LimitState, next: LimitState, above: readonly LimitState[]): bigint | null {
  const more = demandOf(next) - demandOf(before);
  if (more <= 0n) return null;
  const { free, binding } = freeAlong(above, more);
  return binding === null ? null : demandOf(before) + free;
}

function reserveUnavailable(kind: LimitKind, free: bigint): Decision<never> {
  const message = `So much can’t be promised: ${amount(kind, free)} at the most can, as things stand now.`;
  return refuse('RESERVE_UNAVAILABLE' satisfies ErrorCode, message, 'reserve');
}

/** Those above with what they promise and hold from now on, as far as anything of it changes. */
function carried(before: LimitState, next: LimitState, above: readonly LimitState[]): LimitState[] {
  let held = demandOf(next) - demandOf(before);
  let promised = promiseTo(next) - promiseTo(before);
  let nextPromised = nextPromiseTo(next) - nextPromiseTo(before);
  return above.map((one) => {
    const more = {
      ...one,
      held: one.held + held,
      promised: one.promised + promised,
      nextPromised: one.nextPromised + nextPromised,
    };
    held = demandOf(more) - demandOf(one);
    promised = promiseTo(more) - promiseTo(one);
    nextPromised = nextPromiseTo(more) - nextPromiseTo(one);
    return more;
  });
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What an account is promised: its own reserve, or what it promised on where that is more. */
export const promiseTo = ({ reserve, promised }: Pick<LimitState, 'reserve' | 'promised'>): bigint =>
  larger(reserve, promised);

const nextPromiseTo = ({ nextReserve, nextPromised }: LimitState): bigint => larger(nextReserve, nextPromised);

/** An account on the way up whose maximum blocks, and how much more the account at the bottom could take if nobody else bounded it. */
export type Bound<Node extends LimitNode> = { readonly node: Node; readonly free: bigint };

/** All accounts on the way up that bound what there may be. What an unmet reserve absorbs is free at those above it, too. */
export function boundsAlong<Node extends LimitNode>(chain: LimitChain<Node>): readonly Bound<Node>[] {
  let absorbed = 0n;
  return chain.flatMap((node) => {
    const load = loadOf(node);
    const free = node.max === null ? null : absorbed + larger(node.max - load, 0n);
    absorbed += larger(node.reserve - load, 0n);
    return free === null ? [] : [{ node, free }];
  });
}

/** Which of those that bound an account decides next: the one that would refuse first if ever more were wanted; null: nobody. */
export const decidingOf = <Node extends LimitNode>(bounds: readonly Bound<Node>[]): Bound<Node> | null =>
  bounds.reduce<Bound<Node> | null>((least, one) => (least && least.free <= one.free ? least : one), null);

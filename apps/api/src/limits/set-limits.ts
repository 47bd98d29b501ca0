import type { ForeseenLimits } from '@tenantree/contract';
import {
  type AccountState,
  type LimitDefault,
  type LimitsAlong,
  readAccountStates,
  readLimitDefaults,
  readLimits,
  readLimitsOfEach,
  type TenantTransaction,
  writeLimitDefault,
} from '@tenantree/db';
import {
  type AccountId,
  type AtLimit,
  accept,
  type Decision,
  decideLimit,
  ERROR_CODES,
  type LimitKind,
  type LimitKindKey,
  type LimitPlan,
  type LimitState,
  type LimitWish,
  limitKind,
  type Refusal,
  refuse,
  type ShownTerms,
  shownOf,
  shownTerms,
  storedNanos,
  USUAL_THRESHOLDS,
} from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { namedPath, writeDecided } from '../hall/limits/write-decided.ts';
import { granted, Refused } from '../hall/refused.ts';

/** What is to be set of one kind; what isn't named stays. */
export type LimitChange = {
  readonly kind: LimitKindKey;
  /** Null: unlimited. */
  readonly max?: number | null | undefined;
  readonly reserve?: number | undefined;
  /** The reserve from the next billing period on. */
  readonly nextReserve?: number | undefined;
  readonly atLimit?: AtLimit | undefined;
  readonly thresholds?: readonly number[] | undefined;
  readonly version?: number | undefined;
};

/** What is wished of a limit as it stands: a maximum that comes to be tells at the usual thresholds. */
function wishOf(
  kind: LimitKind,
  { max, reserve, nextReserve, atLimit, thresholds, version }: LimitChange,
  state: LimitState,
): LimitWish {
  const isNew = state.version === 0 && thresholds === undefined && typeof max === 'number';
  return {
    ...(max !== undefined && { cap: max === null ? null : storedNanos(kind, max) }),
    ...(reserve !== undefined && { reserve: storedNanos(kind, reserve) }),
    ...(nextReserve !== undefined && { nextReserve: storedNanos(kind, nextReserve) }),
    ...(atLimit !== undefined && { atLimit }),
    ...(thresholds !== undefined && { thresholds }),
    ...(isNew && { thresholds: USUAL_THRESHOLDS }),
    ...(version !== undefined && { version }),
  };
}

/** What is decided about one change: from the limits as they stand, and those that changes before it came to. */
type Decided = { readonly kind: LimitKind & { readonly key: LimitKindKey }; readonly plan: Decision<LimitPlan> };

/** What limits are from now on, of those that were decided and are not written: by kind and account. */
type Foreseen = Map<string, LimitState>;

/**
 * Decides about changes of an account's limits, one after the other.
 *
 * @param along the limits that it stands under
 * @param foreseen what was decided before and is taken for granted; what is decided here joins it
 */
function decideAll(
  along: LimitsAlong,
  account: AccountState,
  changes: readonly LimitChange[],
  foreseen: Foreseen = new Map(),
): Decided[] {
  return onlyLast(changes).map((change) => {
    const kind = { ...limitKind(change.kind), key: change.kind };
    const nameOf = ({ id }: LimitState): string => `${change.kind} ${id}`;
    const chain = (along.get(change.kind) ?? []).map((state) => foreseen.get(nameOf(state)) ?? state);
    const plan: Decision<LimitPlan> =
      account.status === 'closed'
        ? refuse('ACCOUNT_CLOSED', `“${account.name}” is closed.`)
        : decideLimit(kind, chain, wishOf(kind, change, chain[0]!));
    if (plan.ok) for (const state of plan.value.chain) foreseen.set(nameOf(state), state);
    return { kind, plan };
  });
}

/** Why changes of an account's limits can't be made; null: they can. @param along the limits that it stands under */
export function faultOfLimits(
  along: LimitsAlong,
  account: AccountState,
  changes: readonly LimitChange[],
): Refusal | null {
  const decided = decideAll(along, account, changes);
  const old = refusalOfOld(decided);
  if (old) return old;
  for (const { kind, plan } of decided) {
    if (plan.ok) continue;
    const { code, message } = plan.refusal;
    return { code, message, field: `limits.${kind.key}` };
  }
  return null;
}

/** What became of one limit: what it takes to see it, and to undo it. */
export type LimitSet = {
  readonly kind: LimitKindKey;
  readonly before: ShownTerms;
  readonly after: ShownTerms;
  /** That it came to. */
  readonly version: number;
};

/**
 * Sets limits of an account, inside a change: all of them, or none.
 *
 * @returns what became of each kind: set `before` over `version` to undo it
 * @throws Refused LIMIT_INVALID, LIMIT_PROMISED, RESERVE_UNAVAILABLE, VERSION_CONFLICT, NOT_FOUND
 */
export async function setLimits(scope: Change, id: AccountId, changes: readonly LimitChange[]): Promise<LimitSet[]> {
  const account = await scope.account(id);
  const decided = decideAll(await readLimits(scope.trx, namedPath(account.path), scope.now), account, changes);
  const old = refusalOfOld(decided);
  if (old) throw new Refused(old);
  const set: LimitSet[] = [];
  for (const { kind, plan } of decided) {
    const { before, chain } = granted(plan);
    const [own] = chain;
    if (!own) continue;
    set.push({
      kind: kind.key,
      before: shownTerms(kind, before),
      after: shownTerms(kind, own),
      version: own.version,
    });
    await writeDecided(scope, account, kind, { before, chain });
  }
  scope.shows(account.path);
  return set;
}

/** Where limits are at other versions than was seen, all of these as they are now; null: none is. */
function refusalOfOld(decided: readonly Decided[]): Refusal | null {
  const old = decided.flatMap(({ plan }) =>
    !plan.ok && plan.refusal.code === 'VERSION_CONFLICT' ? [plan.refusal] : [],
  );
  const [first] = old;
  if (!first) return null;
  const limits = old.flatMap(({ present }) => (present && 'limits' in present ? present.limits : []));
  return { ...first, present: { limits } };
}

/** Of several changes of one kind the last one counts. */
const onlyLast = (changes: readonly LimitChange[]): LimitChange[] => [
  ...new Map(changes.map((change) => [change.kind, change])).values(),
];

/** What setting limits of some accounts would come to, one after the other: what one is promised is nobody else's any more. */
export async function foreseeLimits(
  hall: Hall,
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  changes: readonly LimitChange[],
  seesUsage: 'usage' | 'no usage',
): Promise<ForeseenLimits[]> {
  const states = new Map((await readAccountStates(trx, accounts)).map((account) => [account.id, account]));
  const found = accounts.flatMap((id) => states.get(id) ?? []);
  const along = await readLimitsOfEach(
    trx,
    found.map(({ path }) => namedPath(path)),
    nowOf(hall),
  );
  const foreseen: Foreseen = new Map();
  return found.map((account, n) => ({
    account: { id: account.id, name: account.name },
    limits: decideAll(along[n]!, account, changes, foreseen).map(({ kind, plan }) =>
      shownPlan(kind, plan, kind.counts !== 'metered' || seesUsage === 'usage'),
    ),
  }));
}

function shownPlan(
  kind: LimitKind & { readonly key: LimitKindKey },
  plan: Decision<LimitPlan>,
  isUsageSeen: boolean,
): ForeseenLimits['limits'][number] {
  if (!plan.ok) {
    const { code, message, field } = plan.refusal;
    return {
      kind: kind.key,
      code,
      message,
      retryable: ERROR_CODES[code].retryable,
      ...(field !== undefined && { field }),
    };
  }
  const { before, chain, stops } = plan.value;
  return {
    kind: kind.key,
    before: shownTerms(kind, before),
    after: shownTerms(kind, chain[0] ?? before),
    version: before.version,
    used: isUsageSeen ? shownOf(kind, before.used) : null,
    // By many maximums one could find out how much is used.
    stops: isUsageSeen ? stops : null,
  };
}

/** What new subaccounts are to begin with, of one kind; null: with no limit. */
export type DefaultChange = {
  readonly kind: LimitKindKey;
  readonly max: number | null;
  readonly atLimit: AtLimit;
  readonly thresholds?: readonly number[] | undefined;
};

/** Sets what new accounts directly below an account begin with, inside a change. @throws Refused LIMIT_INVALID */
export async function setLimitDefaults(
  scope: Change,
  id: AccountId,
  changes: readonly DefaultChange[],
): Promise<LimitDefault[]> {
  const account = await scope.account(id);
  for (const { kind: key, max, atLimit, thresholds = USUAL_THRESHOLDS } of changes) {
    const kind = limitKind(key);
    const cap = max === null ? null : storedNanos(kind, max);
    granted(decideDefault(kind, { cap, atLimit, thresholds }));
    await writeLimitDefault(scope.trx, id, kind, { cap, atLimit, thresholds });
    const details = { kind: kind.stored, account: account.name, max: max ?? 'unlimited' };
    scope.happened('limit.defaultSet', id, details, { id, name: account.name });
  }
  return readLimitDefaults(scope.trx, id);
}

const NOTHING_SET = {
  planCap: null,
  used: 0n,
  held: 0n,
  reserve: 0n,
  nextReserve: 0n,
  promised: 0n,
  nextPromised: 0n,
  max: null,
  cap: null,
  version: 0,
  fired: 0,
  name: '',
} as const;

/** Whether terms could be set for an account of which there is nothing yet: what new accounts begin with. */
export function decideDefault(
  kind: LimitKind,
  wish: Pick<LimitState, 'cap' | 'atLimit' | 'thresholds'>,
): Decision<null> {
  const decision = decideLimit(kind, [{ ...NOTHING_SET, id: '' as AccountId, atLimit: 'block', thresholds: [] }], wish);
  return decision.ok ? accept(null) : decision;
}

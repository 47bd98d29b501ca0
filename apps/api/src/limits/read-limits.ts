import type { Limit, LimitsState } from '@tenantree/contract';
import {
  type LimitDefault,
  MOST_EVENTS_BELOW,
  readAccountNames,
  readLimitDefaults,
  readLimits,
  readUsageBelow,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  atLeast,
  billingPeriodOf,
  boundsAlong,
  type Decimal,
  decidingOf,
  effectiveLevels,
  forecast,
  freeAlong,
  instantOf,
  LIMIT_KINDS,
  type LimitKind,
  type LimitKindKey,
  type LimitState,
  limitKind,
  loadOf,
  type MeteredKindKey,
  msOf,
  parseDecimal,
  shownOf,
  shownTerms,
  storedNanos,
  UNIT,
  whatIf as whatIfOf,
  wholeOf,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

/** An account whose limits are read, and what of them its reader may know. */
export type Reader = Pick<Access, 'id' | 'reached' | 'levels' | 'chain' | 'memberships'>;

/** What of the use of an account its reader may know: of metered kinds, too, or only what is counted. */
type UseSeen = 'all' | 'counted' | 'none';

/** What a reader may know of the use of each account down to the one that is read, main account first: as much as if they asked for its limits. */
export const useSeenBy = ({ chain, memberships }: Pick<Reader, 'chain' | 'memberships'>): UseSeen[] =>
  chain.map((_, at) => {
    const levels = effectiveLevels(memberships, chain.slice(0, at + 1));
    if (!atLeast(levels, 'account', 'limited')) return 'none';
    return atLeast(levels, 'billing.usage', 'full') ? 'all' : 'counted';
  });

/** The limits of an account as they are now, and what its new subaccounts begin with. */
export async function limitsOf(
  hall: Hall,
  reader: Reader,
): Promise<LimitsState & { readonly defaults: readonly ReturnType<typeof shownDefault>[] }> {
  // What is recorded by now is counted first, so that the numbers are those that decide.
  await hall.usageDoor.settle(reader.id);
  return hall.db.withTenant(
    reader.id,
    async (trx) => ({
      ...(await readState(hall, trx, reader)),
      defaults: (await readLimitDefaults(trx, reader.id)).map(shownDefault),
    }),
    { snapshot: true },
  );
}

/** What new subaccounts begin with, of one kind. */
export const shownDefault = ({ kind, cap, ...more }: LimitDefault) => ({
  kind,
  max: wholeOf(limitKind(kind), cap),
  ...more,
});

/** The limits of an account, inside a transaction that sees it. */
export async function readState(hall: Hall, trx: TenantTransaction, reader: Reader): Promise<LimitsState> {
  const now = nowOf(hall);
  const { start, end } = billingPeriodOf(now);
  const along = await readLimits(trx, reader.chain, now);
  const seen = useSeenBy(reader);
  const useSeen = new Map(reader.chain.map(({ id }, at) => [id, seen[at] ?? 'none']));
  return {
    period: { start, end },
    limits: LIMIT_KINDS.map(({ key }) =>
      shownLimit(key, along.get(key) ?? [], { ...reader, useSeen }, hall.clock.nowMs()),
    ),
  };
}

function shownLimit(
  key: LimitKindKey,
  chain: readonly (LimitState & { readonly own: bigint })[],
  { reached, levels, useSeen }: Reader & { readonly useSeen: ReadonlyMap<AccountId, UseSeen> },
  nowMs: number,
): Limit {
  const kind = limitKind(key);
  const [own] = chain;
  if (!own) throw new Error('limits are some account’s');
  const isSeen = kind.counts !== 'metered' || levels['billing.usage'] === 'full';
  const shown = (nanos: bigint): Decimal => shownOf(kind, nanos);
  const bounds = boundsAlong(chain);
  const deciding = decidingOf(bounds);
  const foreseen =
    kind.counts === 'metered' && isSeen ? forecast(own.used, billingPeriodOf(instantOf(nowMs)), nowMs) : null;
  return {
    kind: key,
    label: kind.label,
    ...shownTerms(kind, own),
    ...(own.planCap !== null && { plan: wholeOf(kind, own.planCap) }),
    version: own.version,
    own: isSeen ? shown(own.own) : null,
    used: isSeen ? shown(own.used) : null,
    held: isSeen ? shown(own.held) : null,
    promised: shown(own.promised),
    free: deciding && isSeen ? shown(deciding.free) : null,
    decides: deciding && toldOf(kind, deciding.node, reached),
    // Of those above the reader's reach, only the one that decides is told of, as it is without this list.
    bounds: bounds
      .toReversed()
      .filter((one) => one === deciding || reached.includes(one.node.id))
      .map(({ node, free }) => {
        const use = useSeen.get(node.id);
        const isUseSeen = use === 'all' || (use === 'counted' && kind.counts !== 'metered');
        return {
          ...toldOf(kind, node, reached),
          used: isUseSeen ? shown(node.used) : null,
          held: isUseSeen ? shown(node.held) : null,
          free: isSeen ? shown(free) : null,
        };
      }),
    forecast: foreseen === null ? null : shown(foreseen),
    reached: isSeen && own.cap !== null && loadOf(own) >= own.cap,
  };
}

/** Who decides, as far as the reader may know. */
function toldOf(
  kind: LimitKind,
  { id, name, max }: LimitState,
  reached: readonly AccountId[],
): NonNullable<Limit['decides']> {
  if (!reached.includes(id)) return { account: null, max: null };
  return { account: { id, name }, max: max === null ? null : shownOf(kind, max) };
}

/** What is wanted, as it is stored. @throws Refused LIMIT_INVALID of what there are whole ones only */
export function wantedOf(kind: LimitKind, want: string): bigint {
  const wanted = parseDecimal(want) ?? 0n;
  if (kind.counts !== 'metered' && wanted % UNIT !== 0n)
    refuseWith('LIMIT_INVALID', `Of ${kind.many} there are whole ones only.`, 'want');
  return wanted * kind.each;
}

/**
 * How much of what is wanted is free now, and who lets no more through; nothing is taken.
 *
 * @throws Refused LIMIT_INVALID; FORBIDDEN of metered kinds, where the caller may not see usage
 */
export async function checkLimit(
  hall: Hall,
  reader: Reader,
  { kind: key, want }: { readonly kind: LimitKindKey; readonly want: string },
): Promise<{ readonly free: Decimal; readonly decides: Limit['decides'] }> {
  const kind = limitKind(key);
  const wanted = wantedOf(kind, want);
  if (kind.counts === 'metered') {
    if (reader.levels['billing.usage'] !== 'full')
      refuseWith('FORBIDDEN', `How much of ${kind.many} is free is told to those who may see usage.`, 'kind');
    await hall.usageDoor.settle(reader.id);
  }
  const along = await hall.db.withTenant(reader.id, (trx) => readLimits(trx, reader.chain, nowOf(hall)), {
    snapshot: true,
  });
  const { free, binding } = freeAlong(along.get(key) ?? [], wanted);
  return { free: shownOf(kind, free), decides: binding && toldOf(kind, binding, reader.reached) };
}

/** Stops that are told one by one. */
const MOST_STOPS = 200;

/** Whom a maximum at an account would have stopped in the last billing period. */
export async function whatIf(hall: Hall, account: AccountId, key: MeteredKindKey, max: number) {
  const kind = limitKind(key);
  const period = billingPeriodOf(instantOf(msOf(billingPeriodOf(nowOf(hall)).start) - 1));
  const { events, stopped, used, names } = await hall.db.withTenant(
    account,
    async (trx) => {
      const then = await readUsageBelow(trx, account, kind, period);
      const outcome = whatIfOf(then, storedNanos(kind, max));
      const told = [...new Set(outcome.stopped.slice(0, MOST_STOPS).map(({ account: id }) => id))];
      return { events: then, ...outcome, names: await readAccountNames(trx, told) };
    },
    { snapshot: true },
  );
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  return {
    period: { start: period.start, end: period.end },
    events: events.length,
    complete: events.length < MOST_EVENTS_BELOW,
    used: shownOf(kind, used),
    stops: stopped.length,
    stopped: stopped.slice(0, MOST_STOPS).map(({ account: id, at, wanted, free }) => ({
      account: { id, name: nameOf.get(id) ?? '' },
      at,
      wanted: shownOf(kind, wanted),
      free: shownOf(kind, free),
    })),
  };
}

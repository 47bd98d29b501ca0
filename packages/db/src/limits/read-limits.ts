import {
  type AccountId,
  type AtLimit,
  billingPeriodOf,
  blockingMax,
  type Instant,
  LIMIT_KINDS,
  type LimitKind,
  type LimitKindKey,
  type LimitNode,
  type LimitState,
  parseDecimal,
  type UsedThen,
  type UserId,
} from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** What is set, used and held of every kind along the way up from an account: the account first, its main account last. */
export type LimitsAlong = ReadonlyMap<LimitKindKey, readonly (LimitState & { readonly own: bigint })[]>;

type Raw = {
  account_id: AccountId;
  name: string;
  kind: string;
  cap: string | null;
  reserve: string;
  promised: string;
  at_limit: AtLimit;
  thresholds: number[];
  version: number;
  own: string;
  used: string;
  held: string;
  fired: number;
  next_reserve: string;
  next_promised: string;
  plan_cap: string | null;
};

const nanosOf = (text: string): bigint => parseDecimal(text)!;

/** An account and those above it, root first. */
type NamedPath = readonly { readonly id: AccountId; readonly name: string }[];

/**
 * Reads the limits that an account of the acting account's subtree stands under, its own first.
 *
 * @param path of the account, root first
 */
export async function readLimits(trx: TenantTransaction, path: NamedPath, now: Instant): Promise<LimitsAlong> {
  const [along] = await readLimitsOfEach(trx, [path], now);
  return along!;
}

/** The same of many accounts, in their order. */
export async function readLimitsOfEach(
  trx: TenantTransaction,
  paths: readonly NamedPath[],
  now: Instant,
): Promise<LimitsAlong[]> {
  const accounts = paths.map((path) => path.at(-1)?.id);
  if (accounts.includes(undefined)) throw new Error('limits are some account’s');
  const { rows } =
    await sql<Raw>`SELECT * FROM limits_of(${accounts}::uuid[], ${billingPeriodOf(now).start}::timestamptz)`.execute(
      trx,
    );
  const found = new Map(rows.map((row) => [`${row.account_id} ${row.kind}`, row]));
  const states = new Map<string, ReturnType<typeof stateOf>>();
  // Accounts beside each other have all that stands above them in common.
  const stateAt = (one: NamedPath[number], stored: string): ReturnType<typeof stateOf> => {
    const key = `${one.id} ${stored}`;
    const state = states.get(key) ?? stateOf(one, found.get(key));
    states.set(key, state);
    return state;
  };
  return paths.map((path) => {
    const upward = path.toReversed();
    return new Map(LIMIT_KINDS.map(({ key, stored }) => [key, upward.map((one) => stateAt(one, stored))]));
  });
}

/** What there is of a kind where nothing is set or used: of most accounts and kinds. */
const NOTHING = {
  cap: null,
  planCap: null,
  max: null,
  atLimit: 'block',
  thresholds: [],
  version: 0,
  fired: 0,
  reserve: 0n,
  promised: 0n,
  nextReserve: 0n,
  nextPromised: 0n,
  own: 0n,
  used: 0n,
  held: 0n,
} as const;

function stateOf(
  { id, name }: { readonly id: AccountId; readonly name: string },
  row: Raw | undefined,
): LimitState & { readonly own: bigint } {
  if (!row) return { ...NOTHING, id, name };
  const { at_limit: atLimit, thresholds, version, fired } = row;
  const cap = row.cap === null ? null : nanosOf(row.cap);
  return {
    id,
    name,
    cap,
    planCap: row.plan_cap === null ? null : nanosOf(row.plan_cap),
    max: blockingMax({ cap, atLimit }),
    atLimit,
    thresholds,
    version,
    fired,
    reserve: nanosOf(row.reserve),
    promised: nanosOf(row.promised),
    nextReserve: nanosOf(row.next_reserve),
    nextPromised: nanosOf(row.next_promised),
    own: nanosOf(row.own),
    used: nanosOf(row.used),
    held: nanosOf(row.held),
  };
}

/** What new accounts below an account begin with, of one kind. */
export type LimitDefault = {
  readonly kind: LimitKindKey;
  readonly cap: bigint;
  readonly atLimit: AtLimit;
  readonly thresholds: readonly number[];
};

/** Reads what new accounts directly below an account begin with. */
export async function readLimitDefaults(trx: TenantTransaction, account: AccountId): Promise<LimitDefault[]> {
  type Default = { kind: string; cap: string; at_limit: AtLimit; thresholds: number[] };
  const { rows } = await sql<Default>`SELECT * FROM limit_defaults_of(${account})`.execute(trx);
  const byKind = new Map(rows.map((row) => [row.kind, row]));
  return LIMIT_KINDS.flatMap(({ key, stored }) => {
    const row = byKind.get(stored);
    return row ? [{ kind: key, cap: nanosOf(row.cap), atLimit: row.at_limit, thresholds: row.thresholds }] : [];
  });
}

/** Most events that are looked at for what a limit would have stopped. */
export const MOST_EVENTS_BELOW = 100_000;

/** Reads the usage of an account and all that stands below it, in the order in which it happened: the first {@link MOST_EVENTS_BELOW} of it. */
export async function readUsageBelow(
  trx: TenantTransaction,
  account: AccountId,
  { stored }: Pick<LimitKind, 'stored'>,
  { start, end }: { readonly start: Instant; readonly end: Instant },
): Promise<UsedThen[]> {
  type Event = { account_id: AccountId; occurred_at: Date; quantity: string };
  const { rows } = await sql<Event>`
    SELECT * FROM usage_below(${account}, ${stored}, ${start}::timestamptz, ${end}::timestamptz, ${MOST_EVENTS_BELOW})`.execute(
    trx,
  );
  return rows.map(({ account_id, occurred_at, quantity }) => ({
    account: account_id,
    at: occurred_at.toISOString() as Instant,
    quantity: nanosOf(quantity),
  }));
}

/** Reads accounts below an account of the acting subtree that are promised something of a kind, the deepest first. */
export async function readPromisedBelow(
  trx: TenantTransaction,
  account: AccountId,
  { stored }: Pick<LimitKind, 'stored'>,
): Promise<AccountId[]> {
  const { rows } = await sql<{ account_id: AccountId }>`
    SELECT account_id FROM promised_below(${account}, ${stored})`.execute(trx);
  return rows.map(({ account_id }) => account_id);
}

/** An account that bounds how many subaccounts there may be. */
export type SubaccountLimit = LimitNode & {
  readonly name: string;
  /** It stands above the acting account. */
  readonly isAbove: boolean;
};

/** Reads what bounds how many subaccounts there may be at some accounts; nothing, where nobody in the tree has such a limit. */
export async function readSubaccountLimits(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, SubaccountLimit>> {
  type Node = Pick<Raw, 'account_id' | 'name' | 'cap' | 'reserve' | 'used' | 'held'> & { is_above: boolean };
  const { rows } = await sql<Node>`SELECT * FROM subaccount_limits(${[...accounts]}::uuid[])`.execute(trx);
  return new Map(
    rows.map(({ account_id: id, name, is_above: isAbove, cap, reserve, used, held }) => [
      id,
      {
        id,
        name,
        isAbove,
        max: cap === null ? null : nanosOf(cap),
        reserve: nanosOf(reserve),
        used: nanosOf(used),
        held: nanosOf(held),
      },
    ]),
  );
}

/** Somebody who is told by mail that a limit of an account was reached. */
export type AlertReader = {
  readonly user: UserId;
  /** Where they are owner or admin: the account itself, or the nearest above it that had any. */
  readonly member: AccountId;
};

/** Reads the address of who is told about a limit of an account; null: it is not for them any more. */
export async function readAlertAddress(
  trx: TenantTransaction,
  account: AccountId,
  { user, member }: AlertReader,
): Promise<string | null> {
  const { rows } = await sql<{ address: string | null }>`
    SELECT alert_reader(${account}, ${member}, ${user}) AS address`.execute(trx);
  return rows[0]?.address ?? null;
}

/** A limit whose reserve is another from a billing period on that has begun. */
export type LimitToBegin = { readonly root: AccountId; readonly account: AccountId; readonly kind: LimitKindKey };

/** Finds limits whose next reserve is due, some at a time; of one tree the deepest accounts first. */
export async function findLimitsToBegin(db: Database, now: Instant, limit: number): Promise<LimitToBegin[]> {
  const { rows } = await sql<{ root_id: AccountId; account_id: AccountId; kind: string }>`
    SELECT * FROM public.limits_to_begin(${now}::timestamptz, ${limit})`.execute(db.app);
  return rows.flatMap(({ root_id: root, account_id: account, kind: stored }) => {
    const kind = LIMIT_KINDS.find((one) => one.stored === stored);
    return kind ? [{ root, account, kind: kind.key }] : [];
  });
}

import type { AccountLabel } from '../hierarchy/account.ts';
import type { Decimal } from '../usage/decimal.ts';
import { countedAs } from '../usage/meters.ts';
import { formatDecimal, UNIT } from '../usage/quantity.ts';
import { RESOURCES } from './resources.ts';

/**
 * Something that an account with all that is below it may have or use at the most (rules/limits 1).
 *
 * - `countable`: what an account has a number of; creating is what a limit refuses.
 * - `metered`: usage in a billing period; a grant is what a limit refuses, usage itself never.
 * - `concurrent`: what goes on at one time; a slot is what a limit refuses.
 */
export type LimitKind = {
  readonly key: string;
  readonly label: string;
  /** One of it, and several, as sentences have it. */
  readonly one: string;
  readonly many: string;
  readonly counts: 'countable' | 'metered' | 'concurrent';
  /** As its counters and settings are stored: rename none, reuse none. Of metered kinds the meter that it is counted as. */
  readonly stored: string;
  /** How much of what is stored one is. */
  readonly each: bigint;
};

const countable = <Key extends (typeof RESOURCES)[number]['key']>(key: Key, one: string) => ({
  key,
  label: RESOURCES.find((resource) => resource.key === key)!.label,
  one,
  many: `${one}s`,
  counts: 'countable' as const,
  stored: key,
  each: 1n,
});

const minutes = countedAs('call.minutes');
const messages = countedAs('messages');

/** The kinds of limits. Another one is another row here; screens, documentation and contract are made from them. */
export const LIMIT_KINDS = [
  {
    key: 'minutes',
    label: 'Call minutes',
    one: 'call minute',
    many: 'call minutes',
    counts: 'metered',
    stored: minutes.as,
    each: minutes.each,
  },
  {
    key: 'messages',
    label: 'Messages',
    one: 'message',
    many: 'messages',
    counts: 'metered',
    stored: messages.as,
    each: messages.each,
  },
  {
    key: 'calls',
    label: 'Concurrent calls',
    one: 'concurrent call',
    many: 'concurrent calls',
    counts: 'concurrent',
    stored: 'calls',
    each: 1n,
  },
  countable('members', 'member'),
  countable('agents', 'agent'),
  countable('subaccounts', 'subaccount'),
  countable('knowledgeBases', 'knowledge base'),
  countable('phoneNumbers', 'phone number'),
  countable('campaigns', 'campaign'),
  countable('contacts', 'contact'),
  countable('apiKeys', 'API key'),
] as const satisfies readonly LimitKind[];

type Row = (typeof LIMIT_KINDS)[number];

/** Key of a kind of limit. */
export type LimitKindKey = Row['key'];
/** Key of one that is admitted by `limits.acquire`. */
export type AcquiredKindKey = Exclude<Row, { readonly counts: 'countable' }>['key'];
/** Key of one that is counted by billing period. */
export type MeteredKindKey = Extract<Row, { readonly counts: 'metered' }>['key'];

/** The kinds that are admitted by `limits.acquire`. */
export const ACQUIRED_KINDS: readonly AcquiredKindKey[] = /* @__PURE__ */ LIMIT_KINDS.flatMap((kind) =>
  kind.counts === 'countable' ? [] : [kind.key],
);
/** The kinds that are counted by billing period. */
export const METERED_KINDS: readonly MeteredKindKey[] = /* @__PURE__ */ LIMIT_KINDS.flatMap((kind) =>
  kind.counts === 'metered' ? [kind.key] : [],
);

/** The registry's entry for a key. */
export const limitKind = (key: LimitKindKey): LimitKind => LIMIT_KINDS.find((kind) => kind.key === key)!;

/** The kind that is stored under a key; null when there is none. */
export const limitKindStoredAs = (stored: string): (LimitKind & { readonly key: LimitKindKey }) | null =>
  LIMIT_KINDS.find((kind) => kind.stored === stored) ?? null;

/** So many of a kind as they are stored, in 10⁻⁹. */
export const storedNanos = ({ each }: Pick<LimitKind, 'each'>, whole: number): bigint => BigInt(whole) * each * UNIT;

/** What stands in a limit, in whole ones of its kind. */
export const wholeOf = ({ each }: Pick<LimitKind, 'each'>, nanos: bigint): number => Number(nanos / (each * UNIT));

/**
 * What is stored of a kind, as people count it: whole, or rounded to the nearest 10⁻⁹.
 *
 * @param nanos 10⁻⁹ of what is stored
 */
export function shownOf({ each }: Pick<LimitKind, 'each'>, nanos: bigint): Decimal {
  const half = nanos < 0n ? -each / 2n : each / 2n;
  return formatDecimal((nanos + half) / each);
}

/** What happens at the maximum: nothing more is admitted, or it is only told of. */
export const AT_LIMIT = ['block', 'notify'] as const;
export type AtLimit = (typeof AT_LIMIT)[number];

/** What a limit refused, for programs. */
export type LimitReached = {
  readonly kind: LimitKindKey;
  /** The account whose maximum it is; null: one above whoever asks, of which nothing else is told. */
  readonly account: AccountLabel | null;
  readonly max: Decimal | null;
  readonly used: Decimal | null;
  readonly held: Decimal | null;
  readonly wanted: Decimal;
  /** How much could be had. */
  readonly free: Decimal;
};

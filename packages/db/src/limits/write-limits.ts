import {
  type AccountId,
  type AccountLabel,
  billingPeriodOf,
  formatDecimal,
  type Instant,
  type LimitKind,
  type LimitState,
} from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import type { LimitDefault } from './read-limits.ts';

/** Counters of kinds without a period are of this one. */
const NO_PERIOD = '-infinity';

/** The period that counters of a kind are of at an instant. */
export const periodOf = ({ counts }: Pick<LimitKind, 'counts'>, now: Instant): string =>
  counts === 'metered' ? billingPeriodOf(now).start : NO_PERIOD;

const textOf = (nanos: bigint | null): string | null => (nanos === null ? null : formatDecimal(nanos));

/** Writes a limit as it was decided (`decideLimit`): of the account, and what those above it promise and hold. Part of a change of the tree. */
export async function writeLimit(
  trx: TenantTransaction,
  kind: LimitKind,
  [own, ...above]: readonly LimitState[],
  fired: number,
  now: Instant,
): Promise<void> {
  if (!own) throw new Error('a limit is some account’s');
  await sql`SELECT write_limit(${own.id}, ${kind.stored}, ${kind.counts === 'metered'}, ${periodOf(kind, now)}::timestamptz, ${textOf(own.cap)}::numeric, ${textOf(own.planCap)}::numeric,
    ${textOf(own.reserve)}::numeric, ${own.atLimit}, ${own.thresholds}::smallint[], ${own.version}, ${fired}::smallint,
    ${above.map(({ id }) => id)}::uuid[], ${above.map(({ promised }) => textOf(promised))}::numeric[], ${above.map(({ held }) => textOf(held))}::numeric[],
    ${textOf(own.nextReserve)}::numeric, ${own.nextReserve === own.reserve ? null : billingPeriodOf(now).end}::timestamptz, ${above.map(({ nextPromised }) => textOf(nextPromised))}::numeric[])`.execute(
    trx,
  );
}

/** Writes what new accounts below an account begin with; without a maximum, they begin with none. Part of a change of the tree. */
export async function writeLimitDefault(
  trx: TenantTransaction,
  account: AccountId,
  kind: LimitKind,
  { cap, atLimit, thresholds }: Omit<LimitDefault, 'kind' | 'cap'> & { readonly cap: bigint | null },
): Promise<void> {
  await sql`SELECT write_limit_default(${account}, ${kind.stored}, ${kind.counts === 'metered'}, ${textOf(cap)}::numeric, ${atLimit}, ${thresholds}::smallint[])`.execute(
    trx,
  );
}

/** What of a change a limit refused, as the database says it. */
export type RefusedByLimit = {
  /** As kinds are stored. */
  readonly kind: string;
  readonly account: AccountLabel;
  /** It stands above the acting account. */
  readonly isAbove: boolean;
  readonly max: bigint;
  readonly used: bigint;
  readonly held: bigint;
  readonly wanted: bigint;
  readonly free: bigint;
};

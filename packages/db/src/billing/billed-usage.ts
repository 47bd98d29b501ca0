import type { AccountId, CountedMeter, Decimal, Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';

/** What one account used itself in a billing period while it stood in one place. */
export type BilledUsage = {
  readonly account: AccountId;
  /** Where it stood then: the ids from the root down to itself. */
  readonly path: readonly AccountId[];
  /** In the unit in which the meter is counted. */
  readonly quantity: Decimal;
};

/**
 * What was used of a meter in a billing period, by account and place (rules/money 3): all that an account pays for, or all that a customer used
 * with everything below it while it stood directly below a seller. Exact for what is counted; what waits to be counted is not in it.
 *
 * @param of.seller null: what `account` pays for
 * @param of.period its start
 * @throws when the payer, or the seller, is not in the acting account's subtree
 */
export async function readBilledUsage(
  trx: TenantTransaction,
  of: {
    readonly account: AccountId;
    readonly seller: AccountId | null;
    readonly meter: CountedMeter;
    readonly period: Instant;
  },
): Promise<BilledUsage[]> {
  const { rows } = await sql<{ account: AccountId; path: AccountId[]; quantity: Decimal }>`
    SELECT account_id AS account, path_of(encode(substr(chain, 1, 16), 'hex')::uuid, substr(chain, 17)) AS path, trim_scale(quantity)::text AS quantity
    FROM billed_usage(${of.account}, ${of.seller}, ${of.meter}, ${of.period}::timestamptz, false) ORDER BY account_id, chain`.execute(
    trx,
  );
  return rows;
}

/**
 * Reads how much a payer pays for of a period so far: its own row of totals, with what waits to be counted. One that came to pay for itself
 * inside the period doesn't pay for all that is in there: then it is summed up.
 *
 * @returns as the meter is counted
 */
export async function readPaidTotal(
  trx: TenantTransaction,
  payer: AccountId,
  meter: CountedMeter,
  period: Instant,
): Promise<Decimal> {
  const { rows } = await sql<{
    paid: Decimal;
  }>`SELECT trim_scale(paid_total(${payer}, ${meter}, ${period}::timestamptz))::text AS paid`.execute(trx);
  return rows[0]!.paid;
}

/** How much was counted of a period in an account and all below it, whoever pays for it. */
export async function readSubtreeTotal(
  trx: TenantTransaction,
  account: AccountId,
  meter: CountedMeter,
  period: Instant,
): Promise<Decimal> {
  const { rows } = await sql<{ total: Decimal }>`
    SELECT coalesce(trim_scale(sum(t.total)), 0)::text AS total FROM usage_totals t
    WHERE t.account_id = ${account} AND t.meter = ${meter} AND t.period = ${period}::timestamptz`.execute(trx);
  return rows[0]!.total;
}

import type { AccountId } from '../ids.ts';
import type { Money } from '../money/amount.ts';
import type { Currency } from '../money/currencies.ts';
import { percentText } from '../money/price.ts';
import { split } from '../money/split.ts';

/** A line that the seller pays: of its invoice, or of its own statement when it is a customer itself. */
export type CostLine = {
  /** Minor units of the seller's currency. */
  readonly amount: bigint;
  /** The account whose usage it is, with those above it at the time; null: a fee. */
  readonly path: readonly AccountId[] | null;
};

/** What is left of what a customer brings. Minor units, negative where the customer costs more. */
export type Margin = {
  readonly amount: bigint;
  /** Percent of the revenue with one digit; null where there is none. */
  readonly percent: string | null;
};

/** What one customer costs, brings and leaves. */
export type CustomerMargin = {
  readonly customer: AccountId;
  /** What the lines of its subtree cost the seller; minor units. */
  readonly cost: bigint;
  readonly revenue: Money;
  /** Null: the two are in different currencies, which nobody can subtract. */
  readonly margin: Margin | null;
};

/** All customers of a seller in a period. Minor units of the seller's currency. */
export type Margins = {
  readonly customers: readonly CustomerMargin[];
  /** What the seller pays for usage that is no customer's. */
  readonly own: bigint;
  /** The seller's own fee, as far as it is nobody's part. */
  readonly fee: bigint;
  /** As far as it is shared out: what customers cost has it. */
  readonly shared: bigint;
  /** The margins of all customers together, after that fee; null where one of them has none. */
  readonly afterFee: bigint | null;
};

/** What is left of a revenue (rules/money 17), in minor units of one currency. */
export const marginOf = (revenue: bigint, cost: bigint): Margin => ({
  amount: revenue - cost,
  percent: revenue > 0n ? percentText({ part: revenue - cost, whole: revenue }) : null,
});

/**
 * What each customer of a seller costs, brings and leaves in a period (rules/money 17). A line belongs to the customer in whose subtree its
 * account stood at the time.
 *
 * @param customers what each one's statement says
 * @param used by which quantities of them the seller's own fee is shared out; null: it is nobody's part. So it is where nothing was used
 */
export function marginsOf(
  currency: Currency,
  lines: readonly CostLine[],
  customers: readonly { readonly customer: AccountId; readonly revenue: Money }[],
  used: ReadonlyMap<AccountId, bigint> | null = null,
): Margins {
  const costs = new Map<AccountId, bigint>(customers.map(({ customer }) => [customer, 0n]));
  let [own, fee] = [0n, 0n];
  for (const { amount, path } of lines) {
    const customer = path?.find((id) => costs.has(id));
    if (path === null) fee += amount;
    else if (customer === undefined) own += amount;
    else costs.set(customer, costs.get(customer)! + amount);
  }
  const shares = customers.map(({ customer }) => ({ id: customer, weight: used?.get(customer) ?? 0n }));
  const parts = split(fee, shares);
  const shared = parts.reduce((sum, part) => sum + part, 0n);
  const rows = customers.map(({ customer, revenue }, n): CustomerMargin => {
    const cost = costs.get(customer)! + parts[n]!;
    const isComparable = revenue.currency.code === currency.code;
    return { customer, cost, revenue, margin: isComparable ? marginOf(revenue.minor, cost) : null };
  });
  const afterFee = rows.reduce<bigint | null>(
    (sum, { margin }) => (sum === null || margin === null ? null : sum + margin.amount),
    shared - fee,
  );
  return { customers: rows, own, fee: fee - shared, shared, afterFee };
}

import type { PlanOfferView } from '@tenantree/contract';
import { readOfferedPlans, readSubtreeTotal, type StoredPlan, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  countedAs,
  decidePlanChoice,
  formatDecimal,
  type Instant,
  instantOf,
  minorOfPrice,
  msOf,
  type PlanChooser,
  parseDecimal,
  rate,
} from '@tenantree/domain';
import { inUnitOf, offerOf, planOf, shownMeter, shownMoney, shownPriced } from '../hall/plans.ts';

/** The last month that is over. */
export const lastMonth = (now: Instant): BillingPeriod =>
  billingPeriodOf(instantOf(msOf(billingPeriodOf(now).start) - 1));

/**
 * The plans that are offered, each with what last month's real usage of an account and of all below it would have cost under it, and what stands
 * in the way of it.
 */
export async function pricePlans(
  trx: TenantTransaction,
  account: AccountId,
  chooser: PlanChooser,
  month: BillingPeriod,
): Promise<PlanOfferView[]> {
  const priced: PlanOfferView[] = [];
  for (const stored of await readOfferedPlans(trx)) {
    const decision = decidePlanChoice(chooser, offerOf(stored), stored.version);
    priced.push({
      id: stored.id,
      version: stored.version,
      name: stored.name,
      ...(await costs(trx, account, stored, month)),
      refused: decision.ok ? null : decision.refusal,
    });
  }
  return priced;
}

async function costs(trx: TenantTransaction, account: AccountId, stored: StoredPlan, month: BillingPeriod) {
  const { currency, monthlyFee, rates } = planOf(stored);
  const fee = minorOfPrice(monthlyFee, currency);
  const used: PlanOfferView['used'][number][] = [];
  let usage = 0n;
  for (const one of rates) {
    const quantity = await readSubtreeTotal(trx, account, countedAs(one.meter).as, month.start);
    const amount = rate(one, currency, parseDecimal(quantity) ?? 0n);
    used.push({
      ...shownMeter(one.meter),
      quantity: inUnitOf(one.meter, quantity),
      included: formatDecimal(one.included),
      ...shownPriced(one),
      amount: shownMoney(currency, amount),
    });
    usage += amount;
  }
  return {
    monthlyFee: shownMoney(currency, fee),
    used,
    usage: shownMoney(currency, usage),
    total: shownMoney(currency, fee + usage),
  };
}

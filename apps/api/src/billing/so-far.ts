import type { BillingState } from '@tenantree/contract';
import {
  readPaidTotal,
  readQuantityBilled,
  type StoredPlan,
  type Subscription,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  countedAs,
  divRound,
  formatDecimal,
  fractionOf,
  minorOfPrice,
  parseDecimal,
  pricedUsage,
  prorate,
  rate,
} from '@tenantree/domain';
import { planOf, shownMeter, shownMoney } from './shown-plan.ts';

/**
 * A period of a payer as far as it has gone: the fee for the part of it for which there is a plan, and what was used until now, rated as a
 * whole. It reads one row of totals for each meter, however many accounts are below.
 */
export async function readSoFar(
  trx: TenantTransaction,
  account: AccountId,
  {
    present,
    stored,
    period,
  }: { readonly present: Subscription; readonly stored: StoredPlan; readonly period: BillingPeriod },
): Promise<NonNullable<BillingState['soFar']>> {
  const plan = planOf(stored);
  const { currency } = plan;
  const fraction = fractionOf(period, present.from, present.to);
  const fee = minorOfPrice(plan.monthlyFee, currency, fraction);
  const used: NonNullable<BillingState['soFar']>['used'][number][] = [];
  let total = fee;
  for (const whole of plan.rates) {
    const rates = prorate(whole, fraction);
    const { as, each } = countedAs(rates.meter);
    const meter = { key: rates.meter, counted: pricedUsage(rates) };
    const paid = rates.increments
      ? readQuantityBilled(trx, { account, seller: null, meter, period: period.start, part: null })
      : readPaidTotal(trx, account, as, period.start);
    const quantity = parseDecimal(await paid) ?? 0n;
    const minor = rate(rates, currency, quantity);
    used.push({
      ...shownMeter(rates.meter),
      quantity: formatDecimal(divRound(quantity, each)),
      included: formatDecimal(rates.included),
      amount: shownMoney(currency, minor),
    });
    total += minor;
  }
  return {
    period,
    fee: shownMoney(currency, fee),
    used,
    total: shownMoney(currency, total),
  };
}

import type { ShownPlan } from '@tenantree/contract';
import type { StoredPlan } from '@tenantree/db';
import { formatDecimal, minorOfPrice, type Rates } from '@tenantree/domain';
import { planOf, shownMeter, shownMoney, shownPriced } from '../hall/plans.ts';

export {
  inUnitOf,
  moneyOf,
  offerOf,
  planOf,
  shownMeter,
  shownMoney,
  shownPriced,
  shownPricing,
} from '../hall/plans.ts';

/** A plan as people see it. */
export function shownPlan(stored: Pick<StoredPlan, 'id' | 'version' | 'name' | 'terms'>): ShownPlan {
  const plan = planOf(stored);
  const { currency, concurrent, subaccounts, countries } = plan;
  return {
    id: stored.id,
    version: stored.version,
    name: stored.name,
    monthlyFee: shownMoney(currency, minorOfPrice(plan.monthlyFee, currency)),
    rates: plan.rates.map(shownRates),
    concurrent,
    subaccounts,
    countries,
  };
}

const shownRates = (rates: Rates): ShownPlan['rates'][number] => ({
  ...shownMeter(rates.meter),
  included: formatDecimal(rates.included),
  ...shownPriced(rates),
});

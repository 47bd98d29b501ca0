import type { ShownPlan } from '@tenantree/contract';
import type { StoredPlan } from '@tenantree/db';
import {
  ENTIRE,
  findMeter,
  formatDecimal,
  formatIncrements,
  minorOfPrice,
  type Pricing,
  type Rates,
  shownPrice,
} from '@tenantree/domain';
import { planOf, shownMoney } from '../hall/plans.ts';

export { moneyOf, offerOf, planOf, shownMoney } from '../hall/plans.ts';

/** How a meter is called, and its unit; one that is not known any more is its key. */
export const shownMeter = (key: string): { readonly meter: string; readonly label: string; readonly unit: string } => {
  const { label, unit } = findMeter(key) ?? { label: key, unit: '' };
  return { meter: key, label, unit };
};

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

function shownRates({ meter, included, increments, pricing }: Rates): ShownPlan['rates'][number] {
  return {
    ...shownMeter(meter),
    included: formatDecimal(included),
    increments: increments && formatIncrements(increments),
    model: pricing.model,
    ...shownPricing(pricing),
  };
}

/** What a unit, a package or the steps of a price cost, in whole units of the currency; with a markup, where there is one. */
export const shownPricing = (
  pricing: Pricing,
  factor: Rates['factor'] = ENTIRE,
): Pick<ShownPlan['rates'][number], 'price' | 'size' | 'tiers'> => ({
  price: 'price' in pricing ? shownPrice(pricing.price, factor) : null,
  size: 'size' in pricing ? formatDecimal(pricing.size) : null,
  tiers:
    'tiers' in pricing
      ? pricing.tiers.map(({ upTo, price, fee }) => ({
          upTo: upTo === null ? null : formatDecimal(upTo),
          price: shownPrice(price, factor),
          fee: shownPrice(fee, factor),
        }))
      : [],
});

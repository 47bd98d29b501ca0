import type { ShownPlan } from '@tenantree/contract';
import type { StoredPlan } from '@tenantree/db';
import {
  COUNTED_METERS,
  type Currency,
  countedAs,
  type Decimal,
  divRound,
  ENTIRE,
  findMeter,
  formatDecimal,
  formatIncrements,
  METERS,
  type MeterKey,
  type Money,
  type Plan,
  type PlanOffer,
  type Pricing,
  parseDecimal,
  parsePlan,
  type Rates,
  shownPrice,
} from '@tenantree/domain';
import { granted } from './refused.ts';

/** The terms of a stored plan, which were read before they were stored. */
export const planOf = ({ terms }: Pick<StoredPlan, 'terms'>): Plan => granted(parsePlan(terms));

/** A stored plan as it is chosen. */
export const offerOf = (stored: StoredPlan): PlanOffer => ({
  id: stored.id,
  version: stored.version,
  state: stored.state,
  plan: planOf(stored),
});

/** An amount as the contract says it. */
export const shownMoney = ({ code, exponent }: Currency, minor: bigint) => ({
  currency: code,
  exponent,
  minor: minor.toString(),
});

/** An amount that the contract says. */
export const moneyOf = ({ currency: code, exponent, minor }: ReturnType<typeof shownMoney>): Money => ({
  currency: { code, exponent },
  minor: BigInt(minor),
});

/** How a meter is called, and its unit; one that is not known any more is its key. */
export const shownMeter = (key: string): { readonly meter: string; readonly label: string; readonly unit: string } => {
  const { label, unit } = findMeter(key) ?? { label: key, unit: '' };
  return { meter: key, label, unit };
};

/** Of meters that are counted as the same the first: what is said of usage that nobody prices. */
export const EACH_COUNTED = COUNTED_METERS.flatMap((as) => METERS.find(({ counted }) => counted.as === as) ?? []);

/** A quantity in the unit of a meter, rounded to 9 digits; what is split is exact. */
export function inUnitOf(meter: MeterKey, counted: string): Decimal {
  return formatDecimal(divRound(parseDecimal(counted) ?? 0n, countedAs(meter).each));
}

/** What a unit of a meter costs. */
export const shownPriced = ({
  increments,
  pricing,
  factor,
}: Rates): Omit<ShownPlan['rates'][number], 'meter' | 'label' | 'unit' | 'included'> => ({
  increments: increments && formatIncrements(increments),
  model: pricing.model,
  ...shownPricing(pricing, factor),
});

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

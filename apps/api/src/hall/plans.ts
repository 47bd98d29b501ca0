import type { StoredPlan } from '@tenantree/db';
import { type Currency, type Money, type Plan, type PlanOffer, parsePlan } from '@tenantree/domain';
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

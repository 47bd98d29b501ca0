import { accept, type Decision, type Refusal, refuse } from '../errors.ts';
import type { BillingMode } from '../hierarchy/account.ts';
import { parsePrice } from '../money/price.ts';
import { quoted } from '../text.ts';
import { type Instant, instantOf } from '../time.ts';
import { billingPeriodOf } from '../usage/period.ts';
import type { Terms } from './lines.ts';
import { parseCurrency, parseRates, type RatesInput } from './parse-rates.ts';

/** A plan as a deployment writes it; decimals are text. */
export type PlanInput = {
  readonly currency: string;
  readonly monthlyFee: string;
  readonly meters: Readonly<Record<string, RatesInput>>;
  /** Calls at one time; null: unlimited. */
  readonly concurrent: number | null;
  readonly subaccounts: PlanSubaccounts;
  /** Where it is sold, as ISO 3166-1 alpha-2; null: everywhere. */
  readonly countries?: readonly string[] | null | undefined;
};

/** Whether whoever has a plan may have subaccounts. */
export const PLAN_SUBACCOUNTS = ['included', 'none'] as const;
export type PlanSubaccounts = (typeof PLAN_SUBACCOUNTS)[number];

/** A version of a plan: what a payer pays (rules/money 16). It never changes; another one is another version. */
export type Plan = Terms & {
  readonly concurrent: number | null;
  readonly subaccounts: PlanSubaccounts;
  readonly countries: readonly string[] | null;
};

/** How long a line of an address may be, in characters, and how many there are. */
export const LONGEST_ADDRESS = 100;
export const MOST_ADDRESS_LINES = 6;

const COUNTRY = /^[A-Z]{2}$/;

/** Reads a version of a plan. */
export function parsePlan(given: PlanInput): Decision<Plan> {
  const { concurrent, subaccounts, countries = null } = given;
  const currency = parseCurrency(given.currency, 'currency');
  if (!currency.ok) return currency;
  const monthlyFee = parsePrice(given.monthlyFee, 'monthlyFee');
  if (!monthlyFee.ok) return monthlyFee;
  const rates = parseRates(given.meters);
  if (!rates.ok) return rates;
  if (concurrent !== null && !(Number.isSafeInteger(concurrent) && concurrent >= 0))
    return refuse('LIMIT_INVALID', 'Calls at one time are a whole number from 0, or unlimited.', 'concurrent');
  const unknown = countries?.find((country) => !COUNTRY.test(country));
  if (unknown !== undefined)
    return refuse('BAD_REQUEST', `${quoted(unknown)} is no country: codes are two capital letters.`, 'countries');
  return accept({
    currency: currency.value,
    monthlyFee: monthlyFee.value,
    rates: rates.value,
    concurrent,
    subaccounts,
    countries,
  });
}

/** Whether a plan is sold in a country. @param country ISO 3166-1 alpha-2 */
export const isSoldIn = ({ countries }: Pick<Plan, 'countries'>, country: string): boolean =>
  countries === null || countries.includes(country);

/** A version of a plan, by name. */
export type PlanVersion = { readonly id: string; readonly version: number };

/** An offer of the deployment, as somebody chooses it. */
export type PlanOffer = PlanVersion & {
  readonly plan: Plan;
  /** `withdrawn`: whoever has it keeps it, and nobody else gets it. */
  readonly state: 'offered' | 'withdrawn';
};

/** The account for which a plan is chosen. */
export type PlanChooser = {
  readonly accountName: string;
  /** Live ones. */
  readonly subaccounts: number;
  /** ISO 3166-1 alpha-2; null: not said yet. */
  readonly country: string | null;
};

/**
 * Whether an account can have a plan (rules/money 16).
 *
 * @param offer the newest version of the plan; null: there is none of that name
 * @param version the one that was shown to whoever chooses
 */
export function decidePlanChoice(
  chooser: PlanChooser,
  offer: PlanOffer | null,
  version: number,
): Decision<PlanVersion> {
  if (offer === null || offer.state === 'withdrawn')
    return refuse('PLAN_UNAVAILABLE', 'This plan is not offered any more. Choose another one.', 'plan');
  if (offer.version !== version)
    return refuse('PLAN_STALE', 'This plan has changed since it was shown. Look at it again.', 'plan');
  const unfit = unfitPlan(chooser, offer.plan);
  return unfit ? { ok: false, refusal: unfit } : accept({ id: offer.id, version: offer.version });
}

/** Why an account can't have a plan by what the two are; null: it can. */
export function unfitPlan({ accountName, subaccounts, country }: PlanChooser, plan: Plan): Refusal | null {
  const unavailable = (message: string): Refusal => ({ code: 'PLAN_UNAVAILABLE', message, field: 'plan' });
  if (country !== null && !isSoldIn(plan, country))
    return unavailable('This plan is not sold in the country of the billing details.');
  if (plan.subaccounts === 'none' && subaccounts > 0)
    return unavailable(`${quoted(accountName)} has subaccounts, which this plan doesn’t include.`);
  return null;
}

/** A subscription to be written, which ends the one before at the same instant. */
export type SubscriptionStart = PlanVersion & { readonly from: Instant };

/**
 * From when on an account has a plan (rules/money 16): the first at once, another one from the next period. An account that another one pays
 * for has none of its own.
 *
 * @param state `present`: the subscription that runs now; null: none does
 * @param nowMs UTC milliseconds since 1970
 */
export function decideSubscription(
  state: PlanChooser & { readonly billingMode: BillingMode; readonly present: PlanVersion | null },
  offer: PlanOffer | null,
  version: number,
  nowMs: number,
): Decision<SubscriptionStart> {
  if (state.billingMode === 'parent') {
    const message = `${quoted(state.accountName)} is paid for by an account above it, and has no plan of its own.`;
    return refuse('PARENT_BILLED', message);
  }
  const choice = decidePlanChoice(state, offer, version);
  if (!choice.ok) return choice;
  const { present } = state;
  if (present?.id === choice.value.id && present.version === choice.value.version)
    return refuse('ALREADY_IN_STATE', `${quoted(state.accountName)} has this plan already.`, 'plan');
  const now = instantOf(nowMs);
  return accept({ ...choice.value, from: present === null ? now : billingPeriodOf(now).end });
}

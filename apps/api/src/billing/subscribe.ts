import type { BillingState } from '@tenantree/contract';
import {
  type BillingDetails,
  findBillingDetails,
  findPlan,
  readAccountRows,
  readOfferedPlans,
  readPlan,
  readSubscriptions,
  startSubscription,
  type TenantTransaction,
  writeBillingDetails,
} from '@tenantree/db';
import { type AccountId, decidePlanChoice, decideSubscription, type Instant, msOf, quoted } from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import { followPlan } from '../hall/limits/follow-plan.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { offerOf, shownPlan } from './shown-plan.ts';

/** Whoever chooses a plan, as far as it matters. */
async function chooserOf(
  trx: TenantTransaction,
  account: { readonly id: AccountId; readonly name: string },
  now: Instant,
) {
  const [row] = await readAccountRows(trx, [account.id], now, 'without_minutes');
  const details = await findBillingDetails(trx, account.id);
  return { accountName: account.name, subaccounts: row?.subaccounts ?? 0, country: details?.country ?? null };
}

/** Chooses a plan for an account, inside a change (rules/money 16). @throws Refused PARENT_BILLED, PLAN_UNAVAILABLE, PLAN_STALE, ALREADY_IN_STATE */
export async function choosePlan(
  scope: Change,
  id: AccountId,
  { plan, version }: { readonly plan: string; readonly version: number },
): Promise<void> {
  const { trx, now } = scope;
  const account = await scope.account(id);
  const stored = await findPlan(trx, plan);
  const subscriptions = await readSubscriptions(trx, id);
  // The one that goes on: a plan that was chosen for the next period is what another choice replaces.
  const present = subscriptions.find(({ to }) => to === null)?.plan ?? null;
  const chooser = await chooserOf(trx, account, now);
  const state = { ...chooser, billingMode: account.billingMode, present };
  const before = subscriptions.at(-1);
  if (before && stored && (await readPlan(trx, before.plan)).terms.currency !== stored.terms.currency)
    refuseWith(
      'PLAN_UNAVAILABLE',
      'This plan is in another currency than the one before, and bills go on in that.',
      'plan',
    );
  const start = granted(decideSubscription(state, stored && offerOf(stored), version, msOf(now)));
  await startSubscription(trx, id, start);
  await followPlan(scope, id);
  const details = { account: account.name, plan: stored?.name ?? plan, version: start.version, from: start.from };
  scope.happened('billing.planChosen', id, details, { id, name: account.name });
  scope.shows([id]);
}

/** The plans that are offered, each with what stands in the way of it for an account. @throws Refused PARENT_BILLED */
export async function plansFor(
  trx: TenantTransaction,
  account: { readonly id: AccountId; readonly name: string; readonly billingMode: BillingState['billingMode'] },
  now: Instant,
) {
  refuseParentBilled(account);
  const chooser = await chooserOf(trx, account, now);
  return (await readOfferedPlans(trx)).map((stored) => {
    const decision = decidePlanChoice(chooser, offerOf(stored), stored.version);
    return { ...shownPlan(stored), refused: decision.ok ? null : decision.refusal };
  });
}

/** Refuses what only a payer has. @throws Refused PARENT_BILLED */
export function refuseParentBilled(account: {
  readonly name: string;
  readonly billingMode: BillingState['billingMode'];
}): void {
  if (account.billingMode === 'direct') return;
  refuseWith(
    'PARENT_BILLED',
    `${quoted(account.name)} is paid for by an account above it, and has no bills of its own.`,
  );
}

/** Sets whom invoices of an account are addressed to, inside a change. @throws Refused PARENT_BILLED, VERSION_CONFLICT */
export async function setBillingDetails(
  scope: Change,
  id: AccountId,
  { version: from, ...details }: BillingDetails & { readonly version?: number | undefined },
): Promise<BillingDetails & { readonly version: number }> {
  const account = await scope.account(id);
  refuseParentBilled(account);
  const present = (await findBillingDetails(scope.trx, id))?.version ?? 0;
  if (from !== undefined && from !== present)
    refuseWith('VERSION_CONFLICT', 'These details were changed since they were shown. Look at them again.', 'version');
  const version = await writeBillingDetails(scope.trx, id, details, scope.now);
  const told = { account: account.name, name: details.name, country: details.country, version };
  scope.happened('billing.detailsSet', id, told, { id, name: account.name });
  return { ...details, version };
}

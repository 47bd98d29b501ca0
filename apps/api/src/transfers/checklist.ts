import { type BillingDetails, findPlan, findTransfer, readAccountRows, readPlan } from '@tenantree/db';
import {
  decidePlanChoice,
  isSoldIn,
  type PlanChooser,
  quoted,
  type Refusal,
  type Transfer,
  unfitPlan,
} from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { offerOf, planOf } from '../hall/plans.ts';
import { refuseWith } from '../hall/refused.ts';
import { act } from '../hall/transfer/act.ts';
import { ownsIt } from './read-transfer.ts';

/** The checklist is the child's: its owners set it up, and nobody from above does it for them. @throws Refused FORBIDDEN */
export function checkOwner(actor: Actor, access: Access): void {
  if (!ownsIt(actor, access)) refuseWith('FORBIDDEN', `Only an owner of ${quoted(access.name)} may do this.`);
}

/** Sets whom invoices will be addressed to. A plan that isn't sold there has to be chosen again. @throws Refused */
export async function setDetails(
  hall: Hall,
  scope: Change,
  by: Caller,
  { id }: Access,
  details: BillingDetails,
): Promise<void> {
  const chosen = (await findTransfer(scope.trx, id))?.transfer.steps.plan ?? null;
  const stored = chosen && (await findPlan(scope.trx, chosen.id));
  const isSold = !stored || isSoldIn(planOf(stored), details.country);
  const event = { event: 'setDetails', country: details.country, plan: isSold ? 'sold' : 'not_sold' } as const;
  await act(hall, scope, by, id, event, { details });
}

/** Whoever chooses a plan in a transfer. */
export async function chooserOf(
  scope: Pick<Change, 'trx'>,
  hall: Hall,
  { id, name }: Pick<Access, 'id' | 'name'>,
): Promise<PlanChooser> {
  const [row] = await readAccountRows(scope.trx, [id], nowOf(hall), 'without_minutes');
  const country = (await findTransfer(scope.trx, id))?.transfer.steps.details?.country ?? null;
  return { accountName: name, subaccounts: row?.subaccounts ?? 0, country };
}

/** Why an account can't have the plan that it chose in a transfer, by what there is now; null: it can, or chose none. */
export async function unfitOf(
  scope: Pick<Change, 'trx'>,
  hall: Hall,
  account: Pick<Access, 'id' | 'name'>,
  transfer: Pick<Transfer, 'steps'> | null,
): Promise<Refusal | null> {
  const plan = transfer?.steps.plan;
  return plan ? unfitPlan(await chooserOf(scope, hall, account), planOf(await readPlan(scope.trx, plan))) : null;
}

/** Chooses the plan that the account will have. @throws Refused PLAN_UNAVAILABLE, PLAN_STALE */
export async function choosePlan(
  hall: Hall,
  scope: Change,
  by: Caller,
  access: Access,
  { plan, version }: { readonly plan: string; readonly version: number },
): Promise<void> {
  const stored = await findPlan(scope.trx, plan);
  const choice = decidePlanChoice(await chooserOf(scope, hall, access), stored && offerOf(stored), version);
  await act(hall, scope, by, access.id, { event: 'choosePlan', choice });
}
